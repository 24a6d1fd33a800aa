import type { Due, Journey } from './event.ts';
import { exponential, fork, hash32, namedRandom, type Random } from './random.ts';

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

/** More by day than by night: around 1. */
function curveOfDay(at: number): number {
  const hour = (at / 3_600_000) % 24;
  return 1 + 0.3 * Math.sin(((hour - 10.5) / 24) * 2 * Math.PI);
}

/** The day has a shape, and real traffic sways more than chance alone would make it. */
export function daily(seed: number, name: string, at: number): number {
  const sway = (hash32(`${seed}/${name}/${Math.floor(at / 20_000)}`) / 4294967296 - 0.5) * 0.36;
  return Math.max(0.2, curveOfDay(at) * (1 + sway));
}

/**
 * A factor around 1 that moves the way real traffic does: slowly by the hour, within minutes by more than chance alone
 * would (a log-normal that remembers itself), and now and then a small rush that nobody announced (a push message, a
 * link that was shared, a train that reached a station).
 */
export function burstiness(seed: number, name: string, fromMs: number): (at: number) => number {
  const random = namedRandom(seed, `burstiness/${name}`);
  const stepMs = 10_000;
  const factors: number[] = [];
  let level = 0;
  let rush = 0;
  const spread = 0.13;
  /** What the rushes add on average, taken off again. */
  const mean = 1.1;
  const grow = () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    level = 0.85 * level + spread * normal;
    rush = random() < 0.03 ? 0.4 + 1.1 * random() : rush * 0.7;
    factors.push(Math.exp(level - (spread * spread) / (2 * (1 - 0.85 * 0.85))) + rush);
  };
  return (at) => {
    const step = Math.max(0, Math.floor((at - fromMs) / stepMs));
    while (factors.length <= step) grow();
    return (factors[step]! / mean) * curveOfDay(at);
  };
}
