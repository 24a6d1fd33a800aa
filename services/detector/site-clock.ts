import type { Tick } from '../../lib/contracts/generated.ts';
import type { Pace } from './pace.ts';

interface ClassClock {
  readonly collector: string;
  time: number;
  watermark: number;
  closed: boolean;
}

/** Serializable memory of a SiteClock; times in epoch ms. */
export interface SiteClockState {
  readonly classes: readonly (readonly [string, ClassClock])[];
  readonly time: number;
  readonly watermark: number;
  readonly closed: boolean;
  readonly retired: boolean;
  readonly silentFrom: number;
}

/** Silences, ms of tick time. */
export interface Silence {
  /** After this a class or a site holds nothing back. */
  readonly retireMs: number;
  /** After this it is forgotten. */
  readonly forgetMs: number;
}

/** The clock of one site on one partition: the least `watermark_at` over its live source classes. */
export class SiteClock {
  readonly #silence: Silence;
  readonly #classes: Map<string, ClassClock>;
  /** Of its last tick; before the first one, of its first request. -Infinity: neither came. */
  time: number;
  /** -Infinity before the first tick. */
  watermark: number;
  /** No class is left open. */
  closed: boolean;
  /** It fell silent while others went on. */
  retired: boolean;
  /** Pace of the partition when it was live last. */
  #silentFrom: number;

  constructor(silence: Silence, state?: SiteClockState) {
    this.#silence = silence;
    this.#classes = new Map(state?.classes.map(([id, clock]) => [id, { ...clock }]));
    this.time = state?.time ?? -Infinity;
    this.watermark = state?.watermark ?? -Infinity;
    this.closed = state?.closed ?? false;
    this.retired = state?.retired ?? false;
    this.#silentFrom = state?.silentFrom ?? -Infinity;
  }

  /** Holds back what shares its reducer. */
  get live(): boolean {
    return !this.closed && !this.retired;
  }

  /** Takes a tick of the site in. `pace` has seen it. */
  advance(tick: Tick, pace: Pace): void {
    const id = `${tick.collector_id}\0${tick.source_class}`;
    const known = this.#classes.get(id);
    if (known === undefined)
      this.#classes.set(id, {
        collector: tick.collector_id,
        time: tick.time,
        watermark: tick.watermark_at,
        closed: tick.closing,
      });
    else {
      known.time = Math.max(known.time, tick.time);
      known.watermark = Math.max(known.watermark, tick.watermark_at);
      known.closed = tick.closing;
    }
    this.time = Math.max(this.time, tick.time);
    this.retired = false;
    this.#settle(pace, tick.collector_id);
    this.retireBy(pace.time);
    this.#silentFrom = Math.max(this.#silentFrom, pace.time);
  }

  #settle(pace: Pace, ticking: string): void {
    const { retireMs, forgetMs } = this.#silence;
    let furthest = -Infinity;
    for (const { time } of this.#classes.values()) if (time > furthest) furthest = time;
    // what a leap that nobody confirmed may retire is what the leaping collector sends itself
    const believed = Math.min(furthest, pace.time);
    let least = Infinity;
    let last = -Infinity;
    let anyOpen = false;
    for (const [id, clock] of this.#classes) {
      const behind = (clock.collector === pace.leaping ? furthest : believed) - clock.time;
      last = Math.max(last, clock.watermark);
      // a collector that lives has few classes; the names of those that lived before add up
      if (behind > forgetMs && clock.collector !== ticking) {
        this.#classes.delete(id);
        continue;
      }
      if (clock.closed) continue;
      anyOpen = true;
      if (behind <= retireMs) least = Math.min(least, clock.watermark);
    }
    this.watermark = Math.max(this.watermark, least === Infinity ? last : least);
    this.closed = !anyOpen;
  }

  /** Before the first tick, or after a silence: a request says that ticks will follow. */
  wake(timestamp: number, pace: number): void {
    this.time = Math.max(this.time, timestamp);
    this.retired = false;
    this.retireBy(pace);
  }

  /** Retires the site if it lies too far behind `pace`; only what it sends itself brings it back. */
  retireBy(pace: number): void {
    if (this.retired || pace - this.time <= this.#silence.retireMs) return;
    this.retired = true;
    this.#silentFrom = Math.max(this.#silentFrom, pace);
  }

  /** Silent for so long after it retired or closed that all it left is sent. */
  forgettableAt(pace: number): boolean {
    return !this.live && pace - this.#silentFrom > this.#silence.forgetMs;
  }

  snapshot(): SiteClockState {
    const { time, watermark, closed, retired } = this;
    return { classes: [...this.#classes], time, watermark, closed, retired, silentFrom: this.#silentFrom };
  }
}
