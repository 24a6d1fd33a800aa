import { type AssaultPlan, plainAssault } from '../generate/attacks/assault.ts';
import { type Scenario, type ScenarioDraft, scenario } from './scenario.ts';

type Attack = Omit<AssaultPlan, 'name' | 'perSecond'>;

const stuffing: Attack = { ...plainAssault, target: 'partner-login', perClient: 1.7, rotatesSessions: true };
const stuffingDirect: Attack = { ...stuffing, target: 'login' };
const hammering: Attack = { ...plainAssault, target: 'payment', exits: 'residential', perClient: 1.03 };
const sweep: Attack = {
  ...plainAssault,
  target: 'lookup',
  looks: 'outdated',
  perClient: 25,
  gapMs: 900,
  moves: 0.4,
  carries: 'one cookie',
};
/** Remotely controlled browsers on people's lines, each used once. */
const people = { looks: 'genuine', exits: 'residential', perClient: 1, carries: 'like people' } as const;
/** So few that an endpoint hardly notices: five or six a second where honest people make three. */
const slowly = { attack: 0.12, minutes: 8 };
const pulses = { onMs: 20_000, offMs: 40_000 };
/** The log begins when the attack is already about to. */
const coldStartMs = 75_000;

/** The three incidents, loud. */
const plain: readonly ScenarioDraft[] = [
  {
    name: 'stuffing',
    title: 'A: stolen passwords through six partners, proxies and hosters',
    row: 'plain-a',
    populations: ['bank'],
    attack: stuffing,
  },
  {
    name: 'stuffing-direct',
    title: 'A at the log-in itself',
    row: 'plain-a',
    populations: ['shop', 'ticketing'],
    attack: stuffingDirect,
    parameters: { attack: 1.2 },
  },
  {
    name: 'shadow-payment',
    title: 'B: undocumented payment call, an address a request, no cart',
    row: 'plain',
    populations: ['shop', 'bank', 'ticketing'],
    attack: hammering,
  },
  {
    name: 'sweep',
    title: 'C: sweep of values and their combinations, web then app, impossible Chrome, one cookie',
    row: 'plain',
    populations: ['shop', 'bank'],
    attack: sweep,
    parameters: { attack: 2.5 },
  },
];

/** Each takes away something that the loud ones are told by. */
const hard: readonly ScenarioDraft[] = [
  {
    name: 'payment-genuine',
    title: 'B with genuine fingerprints, an address a request',
    populations: ['shop', 'ticketing'],
    attack: { ...hammering, ...people },
  },
  {
    name: 'payment-changing',
    title: 'B whose signature changes every minute',
    populations: ['shop'],
    attack: { ...hammering, looks: 'changing' },
  },
  {
    name: 'payment-pulses',
    title: 'B with genuine fingerprints, 20 s on and 40 s off',
    populations: ['shop'],
    attack: { ...hammering, ...people, pulses },
  },
  {
    name: 'payment-ipv6',
    title: 'B from rotating /64 of a few IPv6 allocations, genuine fingerprints',
    populations: ['ticketing'],
    attack: { ...hammering, ...people, exits: 'ipv6-rotation' },
  },
  {
    name: 'stuffing-genuine',
    title: 'A with the partners’ own software kits, a session and an address a try',
    populations: ['bank'],
    attack: { ...stuffing, ...people },
  },
  {
    name: 'stuffing-changing',
    title: 'A whose signature changes every minute',
    populations: ['bank'],
    attack: { ...stuffing, looks: 'changing' },
  },
  {
    name: 'stuffing-pulses',
    title: 'A at the log-in, 20 s on and 40 s off',
    populations: ['ticketing'],
    attack: { ...stuffingDirect, pulses },
    parameters: { attack: 1.2 },
  },
  {
    name: 'stuffing-known-good',
    title: 'A that mixes in accounts it knows: 45 % of the tries succeed',
    populations: ['bank'],
    attack: { ...stuffing, successShare: 0.45 },
  },
  {
    name: 'sweep-known',
    title: 'C by a large pool that asks only for what exists, genuine fingerprints',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 3, gapMs: 3000, knownOnly: true },
    parameters: { attack: 1.6 },
  },
  {
    name: 'sweep-ipv6',
    title: 'C from rotating /64 of a few IPv6 allocations',
    populations: ['shop'],
    attack: { ...sweep, exits: 'ipv6-rotation' },
    parameters: { attack: 2 },
  },
  {
    name: 'sweep-plain-log',
    title: 'C in a combined log: no session, no fingerprint, no cookies',
    populations: ['shop'],
    attack: sweep,
    format: 'combined',
    parameters: { attack: 2.5 },
  },
  {
    name: 'payment-plain-log',
    title: 'B in a combined log: no session, no fingerprint, no cookies',
    populations: ['shop'],
    attack: hammering,
    format: 'combined',
  },
].map((draft) => ({ ...draft, row: 'hard' }) as ScenarioDraft);

/** Where attack and people can hardly be told apart: what matters is the price. */
const curves: readonly ScenarioDraft[] = [
  {
    name: 'payment-slow',
    title: 'B at 6 requests a second, genuine fingerprints, an address a request',
    populations: ['shop'],
    attack: { ...hammering, ...people },
    parameters: slowly,
  },
  {
    name: 'stuffing-slow',
    title: 'A at 6 tries a second through all partners, genuine kits',
    populations: ['bank'],
    attack: { ...stuffing, ...people },
    parameters: slowly,
  },
  {
    name: 'sweep-slow',
    title: 'C at 9 requests a second, genuine fingerprints, only what exists',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 2, gapMs: 5000, moves: null, knownOnly: true },
    parameters: { ...slowly, attack: 0.18 },
  },
  {
    name: 'payment-local',
    title: 'B from the customers’ own countries and networks, genuine fingerprints',
    populations: ['shop', 'ticketing'],
    attack: { ...hammering, ...people, exits: 'local' },
  },
  {
    name: 'payment-browses',
    title: 'B by clients that load a page or two first, genuine fingerprints',
    populations: ['shop'],
    attack: { ...hammering, ...people, browses: true },
  },
  {
    name: 'sweep-browses',
    title: 'C by clients that load a page or two first, genuine fingerprints',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 5, gapMs: 2500, browses: true },
    parameters: { attack: 1.6 },
  },
  {
    name: 'payment-cold',
    title: 'B, genuine fingerprints, 75 s after the log begins',
    populations: ['shop'],
    attack: { ...hammering, ...people },
    coldStartMs,
  },
  {
    name: 'stuffing-cold',
    title: 'A 75 s after the log begins',
    populations: ['bank'],
    attack: stuffing,
    coldStartMs,
  },
].map((draft) => ({ ...draft, row: 'curve' }) as ScenarioDraft);

/** Honest, and unlike yesterday. */
const controls: readonly ScenarioDraft[] = [
  {
    name: 'flash-sale',
    title: 'sale: new and foreign visitors, deep links, retries, mistyped passwords',
    row: 'crowd',
    populations: ['shop', 'ticketing'],
    crowds: ['sale'],
  },
  {
    name: 'flash-sale-plain-log',
    title: 'the sale in a combined log',
    row: 'crowd',
    populations: ['shop'],
    crowds: ['sale'],
    format: 'combined',
  },
  {
    name: 'payment-in-sale',
    title: 'B with genuine fingerprints inside a sale',
    row: 'attack-in-crowd',
    populations: ['shop', 'ticketing'],
    crowds: ['sale'],
    attack: { ...hammering, ...people },
    parameters: { attack: 1.5 },
  },
  {
    name: 'viral',
    title: 'a product page goes round abroad: direct visitors of one unusual country',
    row: 'crowd',
    populations: ['shop'],
    crowds: ['viral'],
  },
  {
    name: 'mailing',
    title: 'a mail with a page that exists only for it',
    row: 'crowd',
    populations: ['shop', 'bank', 'ticketing'],
    crowds: ['landing'],
  },
  {
    name: 'app-release',
    title: 'a new app that calls new endpoints directly, or logs everybody out',
    row: 'crowd',
    populations: ['shop', 'bank', 'ticketing'],
    crowds: ['app-release'],
  },
  {
    name: 'locked-out',
    title: 'all sessions are revoked: apps are refused where they begin, and people type passwords',
    row: 'crowd',
    populations: ['bank'],
    crowds: ['locked-out'],
  },
  {
    name: 'login-outage',
    title: 'the identity provider is down for two minutes: every log-in fails',
    row: 'crowd',
    populations: ['shop', 'bank', 'ticketing'],
    loginOutageMs: 120_000,
  },
  {
    name: 'calm',
    title: 'an ordinary quarter of an hour',
    row: 'quiet',
    populations: ['shop', 'bank', 'ticketing'],
  },
  {
    name: 'calm-plain-log',
    title: 'the same in a combined log',
    row: 'quiet',
    populations: ['shop'],
    format: 'combined',
  },
  {
    name: 'batch',
    title: 'a partner’s nightly batch, three passwords of ten out of date',
    row: 'quiet',
    populations: ['bank'],
    crowds: ['batch'],
  },
  {
    name: 'machines',
    title: 'search engines at ten times their pace, monitors, a declared crawler, a price comparison',
    row: 'quiet',
    populations: ['shop'],
    crowds: ['machines'],
  },
];

/** Every scenario, in the order of the table that they print. */
export const scenarios: readonly Scenario[] = [...plain, ...hard, ...curves, ...controls].map(scenario);
