import type { Tick } from '../../../lib/contracts/generated.ts';
import { partitionOf } from '../../../lib/log/partitioner.ts';
import { paneMs } from '../layout.ts';
import type { SiteClock } from '../site-clock.ts';
import { type ClocksState, SourceClocks } from '../watermark.ts';

/** `until`: end of the last pane that is closed. `allClosed`: nothing follows until another tick says so. */
export interface Reached {
  readonly until: number;
  readonly allClosed: boolean;
}

/** What the sites of a target come to. */
interface Sum {
  /** Least watermark over the live sites, and how many of them stand there. Infinity: none is live. */
  least: number;
  holders: number;
  /** A site fell silent that did not close. */
  silent: boolean;
}

/**
 * The clocks of one source partition by target, a partition of `aggregates`: how far the panes of each are closed. A
 * target is closed as far as the slowest of its live sites; one whose sites all fell silent, as far as the live sites
 * of the other targets, so that what they left is sent and whoever waits for it goes on.
 */
export class TargetClocks {
  readonly #count: number;
  readonly #clocks: SourceClocks;
  readonly #targetOf = new Map<string, number>();
  readonly #sites = new Map<number, Map<string, SiteClock>>();
  /** Without an entry: to be counted anew. */
  readonly #sums = new Map<number, Sum>();
  /** Of the last tick's site. */
  #ticked = -Infinity;

  constructor(retireAfterMs: number, count: number, state?: ClocksState) {
    this.#count = count;
    this.#clocks = new SourceClocks(retireAfterMs, state, (site, clock) => this.#changed(site, clock));
    for (const site of this.#clocks.names()) this.#changed(site, this.#clocks.site(site)!);
  }

  /** The target of a site. */
  target(site: string): number {
    return this.#targetOf.get(site) ?? partitionOf(site, this.#count);
  }

  /** Takes a request in. */
  note(site: string, timestamp: number): void {
    this.#clocks.note(site, timestamp);
  }

  /** Takes a tick in; answers the target of its site. */
  advance(tick: Tick): number {
    const { site } = tick;
    const target = this.target(site);
    const clock = this.#clocks.site(site);
    const from = clock?.watermark ?? -Infinity;
    const live = clock?.live ?? false;
    this.#ticked = this.#clocks.advance(tick).watermark;
    const now = this.#clocks.site(site);
    const sum = this.#sums.get(target);
    if (!live || now === undefined || !now.live) {
      if (now !== undefined) this.#changed(site, now);
    } else if (sum !== undefined && from === sum.least && now.watermark > from && --sum.holders === 0)
      this.#sums.delete(target);
    return target;
  }

  #changed(site: string, clock: SiteClock): void {
    const target = this.target(site);
    this.#sums.delete(target);
    let sites = this.#sites.get(target);
    if (sites === undefined) {
      sites = new Map();
      this.#sites.set(target, sites);
    }
    if (this.#clocks.site(site) === undefined) {
      sites.delete(site);
      this.#targetOf.delete(site);
    } else {
      sites.set(site, clock);
      this.#targetOf.set(site, target);
    }
  }

  #sum(target: number): Sum {
    let sum = this.#sums.get(target);
    if (sum !== undefined) return sum;
    sum = { least: Infinity, holders: 0, silent: false };
    for (const { live, closed, watermark } of this.#sites.get(target)?.values() ?? []) {
      if (!live) sum.silent ||= !closed;
      else if (watermark < sum.least) {
        sum.least = watermark;
        sum.holders = 1;
      } else if (watermark === sum.least) sum.holders++;
    }
    this.#sums.set(target, sum);
    return sum;
  }

  /** Targets whose sites all fell silent or closed, not all of them closed. */
  silent(): number[] {
    const silent = this.targets().filter((target) => {
      const sum = this.#sum(target);
      return sum.silent && sum.least === Infinity;
    });
    return silent.sort((a, b) => a - b);
  }

  /** Targets of which anything came. */
  targets(): number[] {
    return [...this.#sites.keys()];
  }

  /** How far a target is closed. `open`: starts of its open panes. */
  reached(target: number, open: Iterable<number>): Reached {
    const { least, silent } = this.#sum(target);
    if (least !== Infinity) return { until: paneEnd(least), allClosed: false };
    return silent ? this.all(open) : this.#end(open);
  }

  /** How far all targets are closed. `open`: starts of the panes that are open. */
  all(open: Iterable<number>): Reached {
    let least = Infinity;
    for (const target of this.#sites.keys()) least = Math.min(least, this.#sum(target).least);
    return least === Infinity ? this.#end(open) : { until: paneEnd(least), allClosed: false };
  }

  /** Nothing is live: everything that is open may be sent. */
  #end(open: Iterable<number>): Reached {
    let watermark = this.#ticked;
    for (const start of open) watermark = Math.max(watermark, start + paneMs);
    return { until: Math.ceil(watermark / paneMs) * paneMs, allClosed: true };
  }

  snapshot(): ClocksState {
    return this.#clocks.snapshot();
  }
}

/** End of the last pane that a watermark closes. */
function paneEnd(watermark: number): number {
  return Math.floor(watermark / paneMs) * paneMs;
}
