import type { ScenarioDraft } from '../scenario.ts';
import { hammering, people, stuffingDirect, sweep } from './attacks.ts';

/** Attacks that a crowd hides: its people are new, and as many. */
export const inSale: readonly ScenarioDraft[] = [
  {
    name: 'payment-in-sale',
    title: 'B with genuine fingerprints inside a sale',
    populations: ['shop', 'ticketing'],
    attack: { ...hammering, ...people },
    parameters: { attack: 1.5 },
  },
  {
    name: 'login-in-sale',
    title: 'A at the log-in itself with genuine fingerprints inside a sale',
    populations: ['shop', 'ticketing'],
    attack: { ...stuffingDirect, ...people },
    parameters: { attack: 1.5 },
  },
  {
    name: 'sweep-in-sale',
    title: 'C with genuine fingerprints inside a sale',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 3, gapMs: 3000 },
    parameters: { attack: 2 },
  },
].map((draft) => ({ ...draft, row: 'attack-in-crowd', crowds: ['sale'] }) as ScenarioDraft);
