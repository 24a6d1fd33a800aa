import type { Tick } from '../../lib/contracts/generated.ts';

/** A collector whose clock went ahead of everybody else's by a leap, epoch ms. */
interface Leap {
  readonly by: string;
  /** Where it stood when somebody last spoke against it. */
  from: number;
  last: number;
}

/** Serializable memory of a Pace. */
export interface PaceState {
  readonly time: number;
  readonly leap: Leap | null;
}

/**
 * How far the ticks of one partition have come: what silence is measured against. That is the newest tick time, but no
 * collector takes it along by one leap of more than `leapMs`. A leap is believed when another collector comes near it, or
 * when the leaping one has gone on for `confirmMs` while nobody ticked behind.
 */
export class Pace {
  readonly #leapMs: number;
  readonly #confirmMs: number;
  #time: number;
  #leap: Leap | null;

  constructor(leapMs: number, confirmMs: number, state?: PaceState) {
    this.#leapMs = leapMs;
    this.#confirmMs = confirmMs;
    this.#time = state?.time ?? -Infinity;
    this.#leap = state?.leap ? { ...state.leap } : null;
  }

  /** Epoch ms; -Infinity while nobody ticks. */
  get time(): number {
    return this.#time;
  }

  /** The collector whose leap is not believed yet; null: none. */
  get leaping(): string | null {
    return this.#leap?.by ?? null;
  }

  note({ collector_id: by, time }: Tick): void {
    const leap = this.#leap;
    if (this.#time === -Infinity || time <= this.#time + this.#leapMs) {
      this.#time = Math.max(this.#time, time);
      if (leap === null) return;
      if (leap.last <= this.#time + this.#leapMs) this.#leap = null;
      else if (by !== leap.by) leap.from = leap.last;
    } else if (leap === null || Math.abs(time - leap.last) > this.#leapMs) {
      this.#leap = { by, from: time, last: time };
    } else {
      leap.last = Math.max(leap.last, time);
      if (by !== leap.by || leap.last - leap.from > this.#confirmMs) this.#believe(leap);
    }
  }

  #believe(leap: Leap): void {
    this.#time = leap.last;
    this.#leap = null;
  }

  /** Nobody ticks any more: who begins next may begin at any time. */
  reset(): void {
    this.#time = -Infinity;
    this.#leap = null;
  }

  snapshot(): PaceState {
    return { time: this.#time, leap: this.#leap };
  }
}
