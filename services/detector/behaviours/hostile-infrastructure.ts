import type { Behaviour } from './behaviour.ts';

export const hostileInfrastructure: Behaviour = {
  name: 'hostile-infrastructure',
  title: 'Known-malicious infrastructure',
  measures:
    'Share of the requests that come from hosting, proxies, VPNs or Tor, by network class and proxy data sets. The operator of the proxy network is named in the evidence where a data set knows it. Keyed servers of partners are not counted except at log-ins: they live in data centres.',
  features: [{ type: 'ratio', of: 'hostile' }],
  groups: ['endpoint', 'site', 'partner_endpoint', 'country_endpoint'],
  window: '1 s to 60 min',
  needs: ['country|asn|proxy_kind'],
  lookAlikes: [
    'people behind a company VPN',
    'a privacy relay of a phone maker (never counted)',
    'crawlers that say who they are (verified bots are never counted)',
  ],
  blindSpot: 'Residential proxies without a proxy data set look like homes.',
  tags: ['owasp.api2-2023', 'owasp.api4-2023', 'oat.oat-008', 'oat.oat-011'],
};
