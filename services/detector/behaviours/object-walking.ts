import type { Behaviour } from './behaviour.ts';

export const objectWalking: Behaviour = {
  name: 'object-walking',
  title: 'One account walking through object ids',
  measures:
    'Distinct objects (endpoint with its path values and parameters) that one account asked for in ten minutes, and how many of them do not exist or are refused.',
  features: [
    { type: 'account', of: 'targets_10m' },
    { type: 'account', of: 'missing_10m' },
    { type: 'account', of: 'failing_60m' },
  ],
  groups: ['account'],
  window: '10 min',
  needs: ['account_id'],
  lookAlikes: [
    'a customer who looks at the same few orders again',
    "an accountant who exports a year: say so in the policy's filter, or give the export an endpoint",
  ],
  blindSpot: 'A walk over many accounts: the endpoint shows it as enumeration.',
  tags: ['owasp.api1-2019', 'owasp.api1-2023', 'oat.oat-011'],
};
