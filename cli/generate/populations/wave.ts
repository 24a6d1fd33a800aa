import { arrivals } from '../arrivals.ts';
import type { Journey } from '../event.ts';
import type { Random } from '../random.ts';
import type { CrowdOptions } from './population.ts';

/** A crowd that comes within seconds and ebbs slowly. */
export function wave(
  name: string,
  options: CrowdOptions,
  perSecond: number,
  riseMs: number,
  start: (random: Random, at: number) => Journey,
): Journey {
  const { fromMs, untilMs } = options;
  return {
    population: name,
    attack: false,
    steps: arrivals({
      random: options.random,
      fromMs,
      untilMs,
      peakPerSecond: perSecond,
      perSecond: (at) => {
        const elapsed = at - fromMs;
        return perSecond * Math.min(1, 0.05 + elapsed / riseMs) * (1 - 0.65 * (elapsed / (untilMs - fromMs)));
      },
      start,
    }),
  };
}
