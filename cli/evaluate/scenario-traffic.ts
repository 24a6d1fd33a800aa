import { assault } from '../generate/attacks/assault.ts';
import type { GeneratedEvent, Journey, LabelledEvent } from '../generate/event.ts';
import { type Happening, labelledEvents } from '../generate/labelled-events.ts';
import type { Community, Population } from '../generate/populations/population.ts';
import { createRandom, hash32, integer, namedRandom } from '../generate/random.ts';
import type { Parameters } from './parameters.ts';
import type { Scenario } from './scenario.ts';

/** The traffic of one scenario and seed. */
export interface ScenarioTraffic {
  readonly startMs: number;
  readonly endMs: number;
  /** When the attack or the crowd begins and ends. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Labelled events in order of time, made as they are read. The same every time. */
  events(): Generator<LabelledEvent, void>;
}

export const happeningName = 'now';
const leadMs = 4 * 60_000;
/** Quiet time after: campaigns end, and honest people who are still stopped show. */
const afterMs = 30_000;
/** A sale is under way when the attack inside of it begins. */
const saleFirstMs = 60_000;

/** A weekday between morning and evening, another one for each seed: nothing may hang on the hour. */
function startOf(seed: number): number {
  const random = createRandom(seed, hash32('start'));
  const day = Date.parse('2026-11-11T00:00:00Z') + integer(random, 2) * 86_400_000;
  return day + 7 * 3_600_000 + integer(random, 12 * 3600) * 1000;
}

/** What the scenario's honest people are judged at. */
function targetOf(scenario: Scenario, community: Community): (event: GeneratedEvent) => boolean {
  if (scenario.attack !== null) {
    const target = community.targets[scenario.attack.target];
    if (target === undefined)
      throw new Error(`${scenario.name}: nothing here is called ${scenario.attack.target}`);
    return target.onTarget;
  }
  const crowds = scenario.crowds.flatMap((name) => community.crowds[name] ?? []);
  if (crowds.length > 0) return (event) => crowds.some((crowd) => crowd.onTarget(event));
  const targets = Object.values(community.targets);
  return (event) => targets.some((target) => target.onTarget(event));
}

/** Whether the population has what the scenario needs. */
export function suits(scenario: Scenario, population: Population): boolean {
  const community = population.settle({ seed: 1, startMs: 0, endMs: 1, rate: 1 });
  return (
    (scenario.attack === null || community.targets[scenario.attack.target] !== undefined) &&
    scenario.crowds.every((name) => community.crowds[name] !== undefined)
  );
}

export function scenarioTraffic(
  scenario: Scenario,
  population: Population,
  parameters: Parameters,
  seed: number,
): ScenarioTraffic {
  const startMs = startOf(seed);
  const fromMs = startMs + (scenario.coldStartMs ?? Math.round(parameters.warm_up * 60_000));
  const inCrowd = scenario.attack !== null && scenario.crowds.length > 0;
  const attackFromMs = inCrowd ? fromMs + saleFirstMs : fromMs;
  const untilMs = attackFromMs + Math.round(parameters.minutes * 60_000);
  const endMs = untilMs + afterMs;
  const outageUntil = fromMs + scenario.loginOutageMs;
  return {
    startMs,
    endMs,
    fromMs: attackFromMs,
    untilMs,
    *events() {
      const community = population.settle({
        seed,
        startMs,
        endMs,
        rate: parameters.rate,
        regulars: parameters.people,
        loginsFail: (at) => at >= fromMs && at < outageUntil,
      });
      const flows: Journey[] = [...community.background(leadMs)];
      for (const name of scenario.crowds) {
        const crowd = community.crowds[name];
        if (crowd === undefined) throw new Error(`${scenario.name}: no crowd here is called ${name}`);
        flows.push(
          ...crowd.flows({
            random: namedRandom(seed, `crowd/${name}`),
            fromMs,
            untilMs,
            rate: parameters.rate * parameters.crowd,
          }),
        );
      }
      if (scenario.attack !== null)
        flows.push(
          ...assault(
            community,
            { ...scenario.attack, name: scenario.name, perSecond: parameters.rate * parameters.attack },
            { fromMs: attackFromMs, untilMs },
          ),
        );
      const now: Happening = { name: happeningName, onTarget: targetOf(scenario, community) };
      yield* labelledEvents(flows, { startMs, endMs, idPrefix: `evt_e${seed.toString(36)}_` }, (event) =>
        event.timestamp >= attackFromMs && event.timestamp < untilMs ? now : null,
      );
    },
  };
}
