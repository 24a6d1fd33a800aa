import type { Behaviour } from './behaviour.ts';

export const missRatio: Behaviour = {
  name: 'miss-ratio',
  title: 'Values that do not exist',
  measures: 'Share of the requests for things that do not exist: 404, 410, or an empty answer.',
  features: [{ type: 'ratio', of: 'missing' }],
  groups: [
    'endpoint',
    'site',
    'partner_endpoint',
    'asn_endpoint',
    'country_endpoint',
    'fingerprint_endpoint',
  ],
  window: '1 s to 60 min',
  needs: ['status'],
  lookAlikes: [
    'a dead link in a newsletter: one thing, asked for by many',
    'products that are sold out: their look-up is no miss',
  ],
  blindSpot: 'A sweep over a list of real values.',
  tags: ['owasp.api4-2019', 'owasp.api1-2023', 'oat.oat-011', 'oat.oat-014'],
};
