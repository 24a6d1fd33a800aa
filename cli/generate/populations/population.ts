import { arrivals, burstiness } from '../arrivals.ts';
import type { Appearance, Due, GeneratedEvent, Journey } from '../event.ts';
import type { Partner } from '../partners.ts';
import type { PeopleOptions, Person } from '../people.ts';
import { chance, namedRandom, type Random } from '../random.ts';
import { createWorld, type World } from '../world.ts';

/** A property of a kind, with the people who use it: who is there anyway, and what there is to attack. */
export interface Population {
  readonly name: string;
  /** In a few words, for people. */
  readonly title: string;
  /** Builds it for one run. Pure: the same setting gives the same traffic. */
  settle(setting: Setting): Community;
}

export interface Setting {
  readonly seed: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Honest requests a second, about, when nothing happens. */
  readonly rate: number;
  /** Regular customers; default: what fits the rate. */
  readonly regulars?: number | undefined;
  /** When the identity provider is down; default: never. */
  readonly loginsFail?: (at: number) => boolean;
}

export interface Community {
  readonly world: World;
  /** Where its customers live. */
  readonly countries: ReadonlySet<string>;
  /** Product token of its app. */
  readonly app: string;
  /** Companies that call its API on behalf of people. */
  readonly partners: readonly Partner[];
  /** Everybody who is there anyway, from `leadMs` before the start on, so that it starts in the middle of things. */
  background(leadMs: number): readonly Journey[];
  /** What an attacker may want here. */
  readonly targets: { readonly [K in TargetName]?: Target };
  /** What a crowd does here, honest and uncommonly many. */
  readonly crowds: { readonly [K in CrowdName]?: Crowd };
}

export type TargetName = 'login' | 'partner-login' | 'payment' | 'lookup';

/** Something worth attacking: how requests to it look, and how the server answers. */
export interface Target {
  /** Whose endpoint it is by nature: what a client that wants to pass for genuine has to look like. */
  readonly clients: 'browser' | 'app' | 'kit';
  /** Characters of a session's id here. */
  readonly sessionLength: number;
  /** Fewest and most cookies that its genuine clients carry as a rule. */
  readonly cookies: readonly [least: number, most: number];
  /** Whether a request goes to it, or to its analogue for other clients. */
  onTarget(event: GeneratedEvent): boolean;
  probe(options: ProbeOptions): Prober;
}

export interface ProbeOptions {
  readonly random: Random;
  /** Log-ins: share of the tries that are right (an attacker mixes in accounts that it knows to be good). */
  readonly successShare: number;
  /** Look-ups: ask only for what exists. */
  readonly knownOnly: boolean;
  /** From when on to use the analogue for other clients; null: never. */
  readonly moveAt: number | null;
}

/** An attacker's way to the target. Holds what its clients share, such as where a sweep has come to. */
export interface Prober {
  /** A page or call that somebody who looks around would make. */
  browse(client: AttackClient, at: number): GeneratedEvent;
  hit(client: AttackClient, at: number): GeneratedEvent;
}

/** One client of an attacker. */
export interface AttackClient {
  readonly random: Random;
  /** Of the next request: some change it every time. */
  address(): string;
  readonly look: Appearance;
  session: string;
  /** How much later than the first this client follows a change of plan, ms. */
  readonly lagMs: number;
  cookies: number;
  referer: string | undefined;
  /** Names the page that people come from, though it was never there. */
  readonly forgesReferer: boolean;
  /** Brings the cookies of an earlier visit, so that the server sets none. */
  readonly hasVisitedBefore: boolean;
  requests: number;
}

export type CrowdName =
  | 'sale'
  | 'viral'
  | 'landing'
  | 'app-release'
  | 'rebuilt-app'
  | 'locked-out'
  | 'batch'
  | 'machines';

export interface Crowd {
  /** What the crowd is about: the endpoints at which it could be mistaken for an attack. */
  onTarget(event: GeneratedEvent): boolean;
  flows(options: CrowdOptions): readonly Journey[];
}

export interface CrowdOptions {
  readonly random: Random;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Honest requests a second of the quiet time, to size the crowd by. */
  readonly rate: number;
}

/** Something that people do, and how much of the honest requests come of it. */
export interface Habit {
  readonly name: string;
  /** Of all honest requests. */
  readonly share: number;
  /** Mean requests of one journey: measured, kept true by a test. */
  readonly requests: number;
  start(random: Random, at: number): Journey;
}

/** A habit of people of whom the share `known` are regulars, the others new. */
export function personHabit(
  world: World,
  name: string,
  share: number,
  requests: number,
  known: number,
  steps: (world: World, person: Person, random: Random, at: number) => Iterator<Due, void>,
): Habit {
  return {
    name,
    share,
    requests,
    start(random, at) {
      const person = chance(random, known) ? world.people.regular(random) : world.people.newcomer(random);
      return honest(person, steps(world, person, random, at), `${name}-`);
    },
  };
}

/** Somebody of a crowd: so many of them from abroad, so many regulars, the others new. */
export function visitor({ people }: World, random: Random, foreign: number, known: number): Person {
  const kind = random();
  if (kind < foreign) return people.foreigner(random);
  return kind < foreign + known ? people.regular(random) : people.newcomer(random);
}

/** The world of a property whose people have ways of their own; `regulars` are those that fit a rate of 100. */
export function settledWorld(setting: Setting, people: PeopleOptions & { readonly regulars: number }): World {
  const scale = setting.rate / 100;
  const regulars = setting.regulars === undefined ? people.regulars : setting.regulars / scale;
  return createWorld({ ...setting, scale, people: { ...people, ways: true, regulars } });
}

export const honest = (person: Person, steps: Iterator<Due, void>, prefix = ''): Journey => ({
  population: `${prefix}${person.population}`,
  attack: false,
  steps,
});

/** Journeys of all habits, arriving as real people do: independently, at a rate that sways. */
export function habitFlows(world: World, habits: readonly Habit[], rate: number, leadMs: number): Journey[] {
  const fromMs = world.startMs - leadMs;
  return habits.map((habit) => {
    const mean = (rate * habit.share) / habit.requests;
    const factor = burstiness(world.seed, habit.name, fromMs);
    const peak = 5;
    return {
      population: habit.name,
      attack: false,
      steps: arrivals({
        random: namedRandom(world.seed, habit.name),
        fromMs,
        untilMs: world.endMs,
        perSecond: (at) => mean * Math.min(peak, factor(at)),
        peakPerSecond: mean * peak,
        start: habit.start,
      }),
    };
  });
}
