import type { Tick } from '../../lib/contracts/generated.ts';

interface ClassClock {
  site: string;
  time: number;
  watermark: number;
  closed: boolean;
}

/** Serializable memory of a SourceClocks. */
export interface ClocksState {
  readonly classes: readonly (readonly [string, ClassClock])[];
  readonly watermarks: readonly (readonly [string, number])[];
}

/**
 * The clocks of one partition. Only ticks move them: no wall clock, no event stamp.
 *
 * The watermark of a site is the least `watermark_at` over its live source classes. A class is live unless it has
 * closed, or lies more than `retireAfterMs` (in tick time) behind the furthest class of its site; a tick brings it
 * back. A watermark never moves backwards: what a returning class still sends below it counts as after close.
 */
export class SourceClocks {
  readonly #retireAfterMs: number;
  readonly #classes: Map<string, ClassClock>;
  readonly #watermarks: Map<string, number>;

  constructor(retireAfterMs: number, state?: ClocksState) {
    this.#retireAfterMs = retireAfterMs;
    this.#classes = new Map(state?.classes);
    this.#watermarks = new Map(state?.watermarks);
  }

  /**
   * Takes one tick in. `watermark` is the site's clock after it; `closed` is true when no class of the site is left
   * open, so that everything held may be flushed.
   */
  advance(tick: Tick): { readonly watermark: number; readonly closed: boolean } {
    const id = `${tick.site}\0${tick.collector_id}\0${tick.source_class}`;
    const known = this.#classes.get(id);
    if (known === undefined)
      this.#classes.set(id, {
        site: tick.site,
        time: tick.time,
        watermark: tick.watermark_at,
        closed: tick.closing,
      });
    else {
      known.time = Math.max(known.time, tick.time);
      known.watermark = Math.max(known.watermark, tick.watermark_at);
      known.closed = tick.closing;
    }
    let furthest = -Infinity;
    let anyOpen = false;
    for (const clock of this.#classes.values()) {
      if (clock.site !== tick.site) continue;
      if (clock.time > furthest) furthest = clock.time;
      if (!clock.closed) anyOpen = true;
    }
    let least = Infinity;
    let last = -Infinity;
    for (const clock of this.#classes.values()) {
      if (clock.site !== tick.site) continue;
      last = Math.max(last, clock.watermark);
      if (clock.closed || furthest - clock.time > this.#retireAfterMs) continue;
      least = Math.min(least, clock.watermark);
    }
    const watermark = Math.max(this.watermark(tick.site), least === Infinity ? last : least);
    this.#watermarks.set(tick.site, watermark);
    return { watermark, closed: !anyOpen };
  }

  /** -Infinity before the first tick of the site. */
  watermark(site: string): number {
    return this.#watermarks.get(site) ?? -Infinity;
  }

  snapshot(): ClocksState {
    return { classes: [...this.#classes], watermarks: [...this.#watermarks] };
  }
}
