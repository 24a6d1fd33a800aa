import type { Behaviour } from './behaviour.ts';

export const shareOfTraffic: Behaviour = {
  name: 'share-of-traffic',
  title: 'Share of all traffic',
  measures: 'Requests of the endpoint in all requests of the site: what grows with the site keeps its share.',
  features: [{ type: 'share' }],
  groups: ['endpoint', 'partner_endpoint', 'asn_endpoint', 'country_endpoint', 'fingerprint_endpoint'],
  window: '1 s to 1 min',
  needs: ['endpoint'],
  lookAlikes: ['a page that is most of a small site: its share is normal', 'a sale that lifts everything'],
  blindSpot: 'Says nothing on a site of one endpoint.',
  tags: ['owasp.api4-2019', 'owasp.api4-2023', 'oat.oat-021'],
};
