import type { Behaviour } from './behaviour.ts';

export const slowFailures: Behaviour = {
  name: 'slow-failures',
  title: 'Low-and-slow failures over a long window',
  measures:
    'The failure ratio over up to an hour, in whole minutes: a few tries a minute from ever new addresses against ever new accounts, which no minute by itself shows.',
  features: [
    { type: 'ratio', of: 'failing' },
    { type: 'ratio', of: 'cold_failing' },
  ],
  groups: ['endpoint', 'site'],
  window: 'up to 60 min',
  needs: ['outcome|status'],
  lookAlikes: ['a day with more log-ins: their failures come with successes'],
  blindSpot: 'Below a few tries an hour nothing tells them from people.',
  tags: ['owasp.api2-2019', 'owasp.api2-2023', 'oat.oat-008', 'attack.t1110.003'],
};
