import { type AssaultPlan, plainAssault } from '../../generate/attacks/assault.ts';

/** An attack without its rate, which belongs to the run. */
export type Attack = Omit<AssaultPlan, 'name' | 'perSecond'>;

export const stuffing: Attack = {
  ...plainAssault,
  target: 'partner-login',
  perClient: 1.7,
  rotatesSessions: true,
};
export const stuffingDirect: Attack = { ...stuffing, target: 'login' };
export const hammering: Attack = {
  ...plainAssault,
  target: 'payment',
  exits: 'residential',
  perClient: 1.03,
};
export const sweep: Attack = {
  ...plainAssault,
  target: 'lookup',
  looks: 'outdated',
  perClient: 25,
  gapMs: 900,
  moves: 0.4,
  carries: 'one cookie',
};
/** Remotely controlled browsers on people's lines, each used once. */
export const people = {
  looks: 'genuine',
  exits: 'residential',
  perClient: 1,
  carries: 'like people',
} as const;
/** By a large pool that asks only for what exists. */
export const sweepOfKnown: Attack = { ...sweep, ...people, perClient: 3, gapMs: 3000, knownOnly: true };
/** So few that an endpoint hardly notices: five or six a second where honest people make three. */
export const slowly = { attack: 0.12, minutes: 8 };
/** Most people stay logged in: in six minutes there are enough log-ins of honest people to judge by (`enoughOnTarget`). */
export const atLogin = { attack: 1.2, minutes: 6 };
export const pulses = { onMs: 20_000, offMs: 40_000 };
/** The log begins when the attack is already about to. */
export const coldStartMs = 75_000;
