import type { Tick } from '../../lib/contracts/generated.ts';
import { Pace, type PaceState } from './pace.ts';
import { type Silence, SiteClock, type SiteClockState } from './site-clock.ts';

/** Serializable memory of a SourceClocks. */
export interface ClocksState {
  readonly sites: readonly (readonly [string, SiteClockState])[];
  readonly pace: PaceState;
}

/** Silences of this many times `retire_after` are for good. */
const forgetAfter = 10;

/**
 * The clocks of one partition. Ticks move them, and the first request of a site that did not tick: no wall clock.
 *
 * The watermark of a site is the least `watermark_at` over its live source classes. A class is live unless it has
 * closed, or lies more than `retireAfterMs` (in tick time) behind the furthest class of its site; a tick brings it
 * back. A watermark never moves backwards: what a returning class still sends below it counts as after close.
 * Whole sites retire in the same way, behind the pace of the partition. What is silent for long is forgotten.
 */
export class SourceClocks {
  readonly #silence: Silence;
  readonly #sites: Map<string, SiteClock>;
  readonly #pace: Pace;
  readonly #onChange: (site: string, clock: SiteClock) => void;
  #live = 0;
  /** No live site has a time before this; may lie below the least. Not in snapshots: it decides when to look, no more. */
  #oldest = -Infinity;

  /** `onChange`: a site retired, came back without a tick, or was forgotten (then it is known no longer). */
  constructor(
    retireAfterMs: number,
    state?: ClocksState,
    onChange: (site: string, clock: SiteClock) => void = () => {},
  ) {
    this.#silence = { retireMs: retireAfterMs, forgetMs: forgetAfter * retireAfterMs };
    this.#sites = new Map(state?.sites.map(([site, clock]) => [site, new SiteClock(this.#silence, clock)]));
    this.#pace = new Pace(this.#silence.forgetMs, retireAfterMs, state?.pace);
    this.#onChange = onChange;
    for (const { live } of this.#sites.values()) if (live) this.#live++;
  }

  /**
   * Takes one tick in. `watermark` is the site's clock after it; `closed` is true when no class of the site is left
   * open, so that everything held may be flushed.
   */
  advance(tick: Tick): { readonly watermark: number; readonly closed: boolean } {
    const live = this.#sites.get(tick.site)?.live ?? false;
    const clock = this.#clock(tick.site);
    const before = this.#pace.time;
    this.#pace.note(tick);
    clock.advance(tick, this.#pace);
    this.#count(live, clock);
    const { time } = this.#pace;
    if (time - this.#oldest > this.#silence.retireMs) this.#retire(time);
    const { forgetMs } = this.#silence;
    if (Math.floor(time / forgetMs) !== Math.floor(before / forgetMs)) this.#forget(time);
    if (this.#live === 0) this.#pace.reset();
    return { watermark: clock.watermark, closed: clock.closed };
  }

  /**
   * Takes a request in. A site that did not tick yet is waited for from here on, and one that fell silent is again, unless
   * the request is as old as its silence.
   */
  note(site: string, timestamp: number): void {
    const known = this.#sites.get(site);
    if (known !== undefined && !known.retired) return;
    if (known !== undefined && this.#pace.time - timestamp > this.#silence.retireMs) return;
    const clock = known ?? this.#clock(site);
    clock.wake(timestamp, this.#pace.time);
    this.#count(false, clock);
    this.#onChange(site, clock);
  }

  #clock(site: string): SiteClock {
    let clock = this.#sites.get(site);
    if (clock === undefined) {
      clock = new SiteClock(this.#silence);
      this.#sites.set(site, clock);
    }
    return clock;
  }

  #count(wasLive: boolean, { live, time }: SiteClock): void {
    this.#live += Number(live) - Number(wasLive);
    if (live && time < this.#oldest) this.#oldest = time;
  }

  #retire(time: number): void {
    this.#oldest = Infinity;
    for (const [site, clock] of this.#sites) {
      if (!clock.live) continue;
      clock.retireBy(time);
      if (clock.retired) {
        this.#live--;
        this.#onChange(site, clock);
      } else this.#oldest = Math.min(this.#oldest, clock.time);
    }
  }

  #forget(time: number): void {
    for (const [site, clock] of this.#sites) {
      if (!clock.forgettableAt(time)) continue;
      this.#sites.delete(site);
      this.#onChange(site, clock);
    }
  }

  /** undefined: nothing came of the site, or it was forgotten. */
  site(site: string): SiteClock | undefined {
    return this.#sites.get(site);
  }

  /** Names of the sites that are known. */
  names(): Iterable<string> {
    return this.#sites.keys();
  }

  /** -Infinity before the first tick of the site. */
  watermark(site: string): number {
    return this.#sites.get(site)?.watermark ?? -Infinity;
  }

  snapshot(): ClocksState {
    return {
      sites: [...this.#sites].map(([site, clock]) => [site, clock.snapshot()]),
      pace: this.#pace.snapshot(),
    };
  }
}
