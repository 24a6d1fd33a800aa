import type { ScenarioDraft } from '../scenario.ts';
import { atLogin, hammering, stuffing, stuffingDirect, sweep } from './attacks.ts';

/** The three incidents, loud. */
export const plain: readonly ScenarioDraft[] = [
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
    parameters: atLogin,
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
