import type { Behaviour } from './behaviour.ts';

export const accountSpraying: Behaviour = {
  name: 'account-spraying',
  title: 'Low-and-slow tries on an account',
  measures:
    'Failures on one account in the last hour by addresses that had not succeeded with it before, and the number of those addresses, wherever they come from. Only requests that pass the filter of the policy travel to the partition of the account.',
  features: [
    { type: 'account', of: 'failing_clients_60m' },
    { type: 'account', of: 'stranger_failing_60m' },
    { type: 'account', of: 'succeeding_60m' },
  ],
  groups: ['account'],
  window: '1 h',
  needs: ['account_id', 'outcome|status'],
  lookAlikes: [
    'an owner who forgot the password: one or two addresses',
    'a family or a team with one account: their addresses have succeeded before',
  ],
  blindSpot: 'One try an account: then the log-in as a whole shows it over a long window (slow-failures).',
  tags: ['owasp.api2-2019', 'owasp.api2-2023', 'oat.oat-007', 'oat.oat-008', 'attack.t1110.003'],
};
