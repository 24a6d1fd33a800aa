import type { Behaviour } from './behaviour.ts';

export const volume: Behaviour = {
  name: 'volume',
  title: 'Volume against the own baseline',
  measures:
    'Requests per second against what is normal for the endpoint, and against the growth of the other endpoints of the site (`siblings`): a crowd lifts them all. Never alone a reason to stop anybody.',
  features: [{ type: 'event_count' }],
  groups: [
    'endpoint',
    'site',
    'partner_endpoint',
    'asn_endpoint',
    'country_endpoint',
    'fingerprint_endpoint',
  ],
  window: '1 s to 60 min',
  needs: ['endpoint'],
  lookAlikes: [
    'a sale, a broadcast, a link that went round',
    'the first minutes of a young log: nothing is learned yet',
  ],
  blindSpot: 'A creep slower than the learning.',
  tags: ['owasp.api4-2019', 'owasp.api4-2023', 'oat.oat-021'],
};
