import type { Behaviour } from './behaviour.ts';

export const loginFailuresOfAnOperator: Behaviour = {
  name: 'login-failures-of-an-operator',
  title: 'Log-in failures of one network operator',
  measures:
    'The failure ratio of the log-ins that come from one autonomous system: stuffing through one hoster or one proxy pool does not hide among everybody else. The same with [endpoint, fingerprint], [endpoint, country] and [endpoint, partner].',
  features: [{ type: 'ratio', of: 'failing' }],
  groups: ['asn_endpoint', 'fingerprint_endpoint', 'country_endpoint', 'partner_endpoint'],
  window: '1 s to 1 min',
  needs: ['asn', 'outcome|status'],
  lookAlikes: ['the customers of a large provider mistyping now and then: their successes stand beside it'],
  blindSpot: 'An attacker that spreads thinly over hundreds of operators: the endpoint as a whole shows it.',
  tags: ['owasp.api2-2019', 'owasp.api2-2023', 'oat.oat-008', 'attack.t1110.004'],
};
