import { arrivals, daily } from './arrivals.ts';
import { browseBank, useBankApp } from './bank.ts';
import type { Due, Journey } from './event.ts';
import { crawlerFlows, monitor } from './machines.ts';
import { type Partner, partnerSession } from './partners.ts';
import type { Person } from './people.ts';
import { chance, namedRandom, type Random } from './random.ts';
import { browseShop, useShopApp } from './shop.ts';
import type { World } from './world.ts';

interface Habit {
  readonly name: string;
  /** Journeys a second at scale 1. */
  readonly perSecond: number;
  start(world: World, partners: readonly Partner[], random: Random, at: number): Journey;
}

const by = (person: Person, steps: Iterator<Due, void>, population: string = person.population): Journey => ({
  population,
  attack: false,
  steps,
});

const habits: readonly Habit[] = [
  {
    name: 'shop-web',
    perSecond: 7.2,
    start: (world, _, random, at) => {
      const known = chance(random, 0.55);
      const person = known ? world.people.regular(random) : world.people.newcomer(random);
      return by(person, browseShop(world, person, random, at, known));
    },
  },
  {
    name: 'shop-app',
    perSecond: 2.6,
    start: (world, _, random, at) => {
      const person = chance(random, 0.85) ? world.people.regular(random) : world.people.newcomer(random);
      return by(person, useShopApp(world, person, random, at), `app-${person.population}`);
    },
  },
  {
    name: 'bank-web',
    perSecond: 1.6,
    start: (world, _, random, at) => {
      const person = world.people.regular(random);
      return by(person, browseBank(world, person, random, at));
    },
  },
  {
    name: 'bank-app',
    perSecond: 4.2,
    start: (world, _, random, at) => {
      const person = world.people.regular(random);
      return by(person, useBankApp(world, person, random, at), `app-${person.population}`);
    },
  },
  {
    name: 'partners',
    perSecond: 3.4,
    start: (world, partners, random, at) => {
      const person = chance(random, 0.9) ? world.people.regular(random) : world.people.newcomer(random);
      return by(person, partnerSession(world, partners, person, random, at), 'partner');
    },
  },
];

/**
 * Everybody who is there anyway. Starts `leadMs` before the output does, so that the first second already has people in
 * the middle of what they do.
 */
export function backgroundFlows(
  world: World,
  partners: readonly Partner[],
  leadMs: number,
): readonly Journey[] {
  const fromMs = world.startMs - leadMs;
  const flows: Journey[] = habits.map((habit) => {
    const random = namedRandom(world.seed, habit.name);
    const mean = habit.perSecond * world.scale;
    return {
      population: habit.name,
      attack: false,
      steps: arrivals({
        random,
        fromMs,
        untilMs: world.endMs,
        perSecond: (at) => mean * daily(world.seed, habit.name, at),
        peakPerSecond: mean * 1.6,
        start: (journeyRandom, at) => habit.start(world, partners, journeyRandom, at),
      }),
    };
  });
  return [
    ...flows,
    ...crawlerFlows(world, world.startMs, world.endMs),
    { population: 'monitor', attack: false, steps: monitor(world, world.startMs, world.endMs) },
  ];
}
