import { arrivals } from './arrivals.ts';
import type { Journey } from './event.ts';
import type { Random } from './random.ts';
import { rushToLaunch } from './shop.ts';
import type { World } from './world.ts';

/**
 * A launch that many people want: they come by deep link within seconds of each other, a quarter of them from abroad,
 * most of them for the first time. Nothing here is an attack.
 */
export function launchCrowd(
  world: World,
  random: Random,
  options: { fromMs: number; untilMs: number; perSecond: number },
): Journey {
  const lengthMs = options.untilMs - options.fromMs;
  return {
    population: 'launch-crowd',
    attack: false,
    steps: arrivals({
      random,
      fromMs: options.fromMs,
      untilMs: options.untilMs,
      peakPerSecond: options.perSecond,
      perSecond: (at) => {
        const elapsed = at - options.fromMs;
        const rise = Math.min(1, elapsed / 12_000);
        return options.perSecond * rise * (1 - 0.6 * (elapsed / lengthMs));
      },
      start: (journey, at) => {
        const kind = journey();
        const person =
          kind < 0.24
            ? world.people.foreigner(journey)
            : kind < 0.74
              ? world.people.newcomer(journey)
              : world.people.regular(journey);
        return {
          population: `launch-${person.population}`,
          attack: false,
          steps: rushToLaunch(world, person, journey, at),
        };
      },
    }),
  };
}
