import { exponential, type Random } from '../random.ts';

export interface AttackOptions {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Requests a second once it is under way. */
  readonly perSecond: number;
  /** Share of requests whose attributes are those of genuine clients, 0 to 1. */
  readonly stealth: number;
}

/** Times of a flow that reaches its full rate within three seconds and then sways by a few per cent. */
export function* pace(random: Random, options: AttackOptions): Generator<number, void> {
  const rampMs = Math.min(3000, (options.untilMs - options.fromMs) / 10);
  let now = options.fromMs;
  let sway = 1;
  let swayUntil = now;
  while (true) {
    if (now >= swayUntil) {
      sway = 0.8 + 0.4 * random();
      swayUntil = now + 5000;
    }
    const ramp = Math.min(1, Math.max(0.05, (now - options.fromMs) / rampMs));
    now += exponential(random, 1000 / (options.perSecond * ramp * sway));
    if (now >= options.untilMs) return;
    yield Math.floor(now);
  }
}
