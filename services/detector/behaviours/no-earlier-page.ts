import type { Behaviour } from './behaviour.ts';

export const noEarlierPage: Behaviour = {
  name: 'no-earlier-page',
  title: 'An API call that no page led to',
  measures:
    'Share of the requests by clients that used no other part of the site in this visit: neither the session nor the address with its software. Clients that call the API only by nature (apps, partners with a key) are learned as such, endpoint by endpoint.',
  features: [
    { type: 'ratio', of: 'direct' },
    { type: 'ratio', of: 'unusual' },
  ],
  groups: ['endpoint', 'partner_endpoint', 'asn_endpoint', 'country_endpoint', 'fingerprint_endpoint'],
  window: '1 s to 60 min',
  needs: ['endpoint'],
  lookAlikes: [
    'an app that goes direct by nature',
    'a deep link in a newsletter',
    'pages served by a CDN that does not log here',
  ],
  blindSpot:
    'Attackers that read a page first; `unusual` asks for what practically all honest clients of the endpoint did before.',
  tags: ['owasp.api6-2023', 'oat.oat-005', 'oat.oat-011'],
};
