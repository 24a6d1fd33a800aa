import type { ScenarioDraft } from '../scenario.ts';
import { atLogin, hammering, people, pulses, stuffing, stuffingDirect, sweep } from './attacks.ts';

/** Each takes away something that the loud ones are told by. */
export const hard: readonly ScenarioDraft[] = [
  {
    name: 'payment-genuine',
    title: 'B with genuine fingerprints, an address a request',
    populations: ['shop', 'bank', 'ticketing'],
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
    parameters: atLogin,
  },
  {
    name: 'stuffing-known-good',
    title: 'A that mixes in accounts it knows: 45 % of the tries succeed',
    populations: ['bank'],
    attack: { ...stuffing, successShare: 0.45 },
  },
  {
    name: 'login-genuine',
    title: 'A at the log-in itself, genuine fingerprints, an address a try',
    populations: ['shop', 'ticketing'],
    attack: { ...stuffingDirect, ...people },
    parameters: atLogin,
  },
  {
    name: 'login-plain-log',
    title: 'the same where the log has no fingerprint, no session, no cookies',
    populations: ['shop'],
    attack: { ...stuffingDirect, ...people },
    format: 'combined',
    parameters: atLogin,
  },
  {
    name: 'sweep-known',
    title: 'C by a large pool that asks only for what exists, genuine fingerprints',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 3, gapMs: 3000, knownOnly: true },
    parameters: { attack: 1.6 },
  },
  {
    name: 'sweep-changing',
    title: 'C whose signature changes every minute',
    populations: ['shop'],
    attack: { ...sweep, looks: 'changing', perClient: 3 },
    parameters: { attack: 1.6 },
  },
  {
    name: 'sweep-pulses',
    title: 'C with genuine fingerprints, 20 s on and 40 s off',
    populations: ['shop'],
    attack: { ...sweep, ...people, perClient: 3, pulses },
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
