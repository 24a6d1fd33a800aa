import type { ScenarioDraft } from '../scenario.ts';
import { coldStartMs, hammering, people, slowly, stuffing, stuffingDirect, sweep } from './attacks.ts';

/** Where attack and people can hardly be told apart: what matters is the price. */
export const curves: readonly ScenarioDraft[] = [
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
    name: 'login-slow',
    title: 'A at the log-in itself at 6 tries a second, genuine fingerprints',
    populations: ['shop', 'ticketing'],
    attack: { ...stuffingDirect, ...people },
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
    populations: ['shop', 'bank', 'ticketing'],
    attack: { ...hammering, ...people, exits: 'local' },
  },
  {
    name: 'login-local',
    title: 'A at the log-in itself, from the customers’ own countries and networks, genuine fingerprints',
    populations: ['shop', 'ticketing'],
    attack: { ...stuffingDirect, ...people, exits: 'local' },
    parameters: { attack: 1.2 },
  },
  {
    name: 'sweep-local',
    title: 'C from the customers’ own countries and networks, genuine fingerprints',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 3, gapMs: 3000, exits: 'local' },
    parameters: { attack: 1.6 },
  },
  {
    name: 'payment-browses',
    title: 'B by clients that load a page or two first, genuine fingerprints',
    populations: ['shop', 'ticketing'],
    attack: { ...hammering, ...people, browses: true },
  },
  {
    name: 'login-browses',
    title: 'A at the log-in itself by clients that load a page or two first, genuine fingerprints',
    populations: ['shop'],
    attack: { ...stuffingDirect, ...people, browses: true },
    parameters: { attack: 1.2 },
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
  {
    name: 'login-cold',
    title: 'A at the log-in itself, genuine fingerprints, 75 s after the log begins',
    populations: ['shop'],
    attack: { ...stuffingDirect, ...people },
    coldStartMs,
    parameters: { attack: 1.2 },
  },
  {
    name: 'sweep-cold',
    title: 'C, genuine fingerprints, 75 s after the log begins',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 3 },
    coldStartMs,
    parameters: { attack: 1.6 },
  },
].map((draft) => ({ ...draft, row: 'curve' }) as ScenarioDraft);
