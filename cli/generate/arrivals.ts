import type { Due, Journey } from './event.ts';
import { exponential, fork, hash32, type Random } from './random.ts';

export interface ArrivalOptions {
  readonly random: Random;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Expected arrivals a second at a time; never above `peakPerSecond`. */
  perSecond(at: number): number;
  readonly peakPerSecond: number;
  start(random: Random, at: number): Journey;
}

/** People arriving independently of each other at a rate that changes (Poisson, by thinning). */
export function* arrivals(options: ArrivalOptions): Generator<Due, void> {
  const { random } = options;
  let now = options.fromMs;
  while (true) {
    now += exponential(random, 1000 / options.peakPerSecond);
    if (now >= options.untilMs) return;
    if (random() * options.peakPerSecond >= options.perSecond(now)) continue;
    yield { at: now, event: null, journey: options.start(fork(random), now) };
  }
}

/** The day has a shape, and real traffic sways more than chance alone would make it. */
export function daily(seed: number, name: string, at: number): number {
  const hour = (at / 3_600_000) % 24;
  const curve = 1 + 0.3 * Math.sin(((hour - 10.5) / 24) * 2 * Math.PI);
  const sway = (hash32(`${seed}/${name}/${Math.floor(at / 20_000)}`) / 4294967296 - 0.5) * 0.36;
  return Math.max(0.2, curve * (1 + sway));
}
