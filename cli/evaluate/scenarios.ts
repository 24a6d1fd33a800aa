import { plainAssault } from '../generate/attacks/assault.ts';
import { type Scenario, scenario } from './scenario.ts';

const stuffing = { ...plainAssault, target: 'partner-login', perClient: 1.7, rotatesSessions: true } as const;
const hammering = {
  ...plainAssault,
  target: 'payment',
  exits: 'residential',
  perClient: 1.03,
} as const;
const sweep = {
  ...plainAssault,
  target: 'lookup',
  looks: 'outdated',
  perClient: 25,
  gapMs: 900,
  moves: 0.4,
  cookies: 'one',
} as const;
/** Remotely controlled browsers on people's lines, each used once. */
const people = { looks: 'genuine', exits: 'residential', perClient: 1 } as const;

/** Every scenario, in the order of the table that they print. */
export const scenarios: readonly Scenario[] = [
  scenario({
    name: 'stuffing',
    title: 'A: stolen passwords through six partners, proxies and hosters',
    row: 'plain-a',
    population: 'bank',
    attack: stuffing,
  }),
  scenario({
    name: 'shadow-payment',
    title: 'B: undocumented payment call, an address a request, no cart',
    row: 'plain',
    population: 'shop',
    attack: hammering,
  }),
  scenario({
    name: 'sweep',
    title: 'C: SKU x ZIP sweep, web then app, impossible Chrome, one cookie',
    row: 'plain',
    population: 'shop',
    attack: sweep,
    parameters: { attack: 2.5 },
  }),
  scenario({
    name: 'payment-genuine',
    title: 'B with genuine fingerprints, an address a request',
    row: 'hard',
    population: 'shop',
    attack: { ...hammering, ...people },
  }),
  scenario({
    name: 'payment-changing',
    title: 'B whose signature changes every minute',
    row: 'hard',
    population: 'shop',
    attack: { ...hammering, looks: 'changing' },
  }),
  scenario({
    name: 'flash-sale',
    title: 'sale: new and foreign visitors, deep links, retries, mistyped passwords',
    row: 'crowd',
    population: 'shop',
    crowds: ['sale'],
  }),
  scenario({
    name: 'calm',
    title: 'an ordinary quarter of an hour',
    row: 'quiet',
    population: 'shop',
  }),
];
