import type { Behaviour } from './behaviour.ts';

export const oneClientVolume: Behaviour = {
  name: 'one-client-volume',
  title: 'One client far above its peers',
  measures:
    'Requests of one address in its last ten to twenty seconds against the other clients of the site in the same time: needs no sessions, fingerprints or learned baseline.',
  features: [
    { type: 'client', of: 'requests_20s' },
    { type: 'client', of: 'agents_60s' },
  ],
  groups: ['client'],
  window: '20 s',
  needs: ['client_ip'],
  lookAlikes: ['a carrier gateway: judge the rate per agent', "a load test of one's own"],
  blindSpot: 'Attackers with many addresses.',
  tags: ['owasp.api4-2019', 'owasp.api4-2023', 'oat.oat-021'],
};
