import { stuffCredentials } from './attacks/credential-stuffing.ts';
import { sweepInventory } from './attacks/inventory-sweep.ts';
import { hammerWallet } from './attacks/shadow-payment.ts';
import type { GeneratedEvent, Journey } from './event.ts';
import { launchCrowd } from './flash-sale.ts';
import { nightlyBatch, type Partner } from './partners.ts';
import { namedRandom } from './random.ts';
import type { World } from './world.ts';

export const scenarioNames = [
  'credential-stuffing',
  'shadow-payment',
  'inventory-sweep',
  'flash-sale',
  'calm-day',
  'showcase',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface Strength {
  /** Multiplies the rate of every attack and of the flash sale. */
  readonly intensity: number;
  /** Share of attack requests that look exactly like genuine clients. */
  readonly stealth: number;
}

/** Something worth judging in the timeline: an attack, or a control in which nobody may be stopped. */
export interface Incident {
  readonly name: string;
  readonly title: string;
  readonly kind: 'attack' | 'control';
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whether a request is to what this incident is about; honest ones among them are the people most at risk. */
  onTarget(event: GeneratedEvent): boolean;
  flows(world: World, partners: readonly Partner[], strength: Strength): readonly Journey[];
}

type Kind = Omit<Incident, 'name' | 'fromMs' | 'untilMs' | 'flows'> & {
  flows(
    world: World,
    partners: readonly Partner[],
    strength: Strength,
    fromMs: number,
    untilMs: number,
  ): readonly Journey[];
};

const stock = /\/stores\/\d+\/stock$/;

const kinds: { readonly [name: string]: Kind } = {
  'credential-stuffing': {
    title: 'A credential stuffing',
    kind: 'attack',
    onTarget: (event) => event.path === '/partner/v2/login',
    flows: (world, partners, strength, fromMs, untilMs) => [
      {
        population: 'credential-stuffing',
        attack: true,
        steps: stuffCredentials(world, partners, namedRandom(world.seed, 'attack-a'), {
          fromMs,
          untilMs,
          perSecond: 120 * world.scale * strength.intensity,
          stealth: strength.stealth,
        }),
      },
    ],
  },
  'shadow-payment': {
    title: 'B shadow payment',
    kind: 'attack',
    onTarget: (event) => event.path === '/wallet/session',
    flows: (world, _, strength, fromMs, untilMs) => [
      // It is a launch, so honest buyers come too, to the same endpoint.
      launchCrowd(world, namedRandom(world.seed, 'launch-b'), {
        fromMs,
        untilMs,
        perSecond: 8 * world.scale,
      }),
      {
        population: 'shadow-payment',
        attack: true,
        steps: hammerWallet(world, namedRandom(world.seed, 'attack-b'), {
          fromMs,
          untilMs,
          perSecond: 120 * world.scale * strength.intensity,
          stealth: strength.stealth,
        }),
      },
    ],
  },
  'inventory-sweep': {
    title: 'C inventory sweep',
    kind: 'attack',
    onTarget: (event) => stock.test(event.path),
    flows: (world, _, strength, fromMs, untilMs) => [
      {
        population: 'inventory-sweep',
        attack: true,
        steps: sweepInventory(world, namedRandom(world.seed, 'attack-c'), {
          fromMs,
          untilMs,
          perSecond: 900 * world.scale * strength.intensity,
          stealth: strength.stealth,
          moveAt: fromMs + 0.4 * (untilMs - fromMs),
        }),
      },
    ],
  },
  'flash-sale': {
    title: 'flash sale (control)',
    kind: 'control',
    onTarget: (event) =>
      event.path === '/cart/items' || event.path === '/wallet/session' || event.path === '/login',
    flows: (world, _, strength, fromMs, untilMs) => [
      launchCrowd(world, namedRandom(world.seed, 'flash-sale'), {
        fromMs,
        untilMs,
        perSecond: 45 * world.scale * strength.intensity,
      }),
    ],
  },
  calm: {
    title: 'calm (control)',
    kind: 'control',
    onTarget: (event) => event.path.startsWith('/partner/'),
    flows: (world, partners, _, fromMs, untilMs) => [
      {
        population: 'partner-batch',
        attack: false,
        steps: nightlyBatch(
          world,
          partners,
          namedRandom(world.seed, 'batch'),
          fromMs + 0.3 * (untilMs - fromMs),
          fromMs + 0.7 * (untilMs - fromMs),
        ),
      },
    ],
  },
};

/** What happens when, in shares of the whole duration. What is before the first one is there to learn from. */
const timelines: {
  readonly [S in ScenarioName]: readonly (readonly [kind: string, from: number, until: number])[];
} = {
  'credential-stuffing': [['credential-stuffing', 0.5, 0.9]],
  'shadow-payment': [['shadow-payment', 0.5, 0.9]],
  'inventory-sweep': [['inventory-sweep', 0.5, 0.9]],
  'flash-sale': [['flash-sale', 0.5, 0.9]],
  'calm-day': [['calm', 0.3, 1]],
  // 30 minutes: warm-up 10, flash sale 3, A 3, B 3, C 3.5, calm 4, with quiet between them.
  showcase: [
    ['flash-sale', 11 / 30, 14 / 30],
    ['credential-stuffing', 14.5 / 30, 17.5 / 30],
    ['shadow-payment', 18.5 / 30, 21.5 / 30],
    ['inventory-sweep', 22.25 / 30, 25.75 / 30],
    ['calm', 26.5 / 30, 1],
  ],
};

export const defaultDurationMs: { readonly [S in ScenarioName]: number } = {
  'credential-stuffing': 12 * 60_000,
  'shadow-payment': 12 * 60_000,
  'inventory-sweep': 12 * 60_000,
  'flash-sale': 12 * 60_000,
  'calm-day': 24 * 3_600_000,
  showcase: 30 * 60_000,
};

export function timeline(scenario: ScenarioName, startMs: number, durationMs: number): readonly Incident[] {
  return timelines[scenario].map(([name, from, until]) => {
    const { flows, ...kind } = kinds[name]!;
    const fromMs = Math.round(startMs + from * durationMs);
    const untilMs = Math.round(startMs + until * durationMs);
    return {
      ...kind,
      name,
      fromMs,
      untilMs,
      flows: (world, partners, strength) => flows(world, partners, strength, fromMs, untilMs),
    };
  });
}
