import type { Behaviour } from './behaviour.ts';

export const loginFailures: Behaviour = {
  name: 'login-failures',
  title: 'Log-in failure ratio',
  measures:
    'Share of the requests whose answer says no, among those whose outcome is known: the outcome as logged or as `enricher.outcomes` tells it, and where neither says anything 401, 403, 400 and 422. 429 and 5xx say nothing either way, and 404 is a miss. Few tries an address are pooled: the endpoint, partner, operator, network or fingerprint is judged, and what is learned of it is shrunk towards its function class. `cold_failing` counts only those by clients that used no other part of the site.',
  features: [
    { type: 'ratio', of: 'failing' },
    { type: 'ratio', of: 'cold_failing' },
  ],
  groups: ['endpoint', 'partner_endpoint', 'asn_endpoint', 'country_endpoint', 'fingerprint_endpoint'],
  window: '1 s to 60 min',
  needs: ['outcome|status'],
  lookAlikes: [
    'mistyped passwords on a bad day: more log-ins bring more failures, their share stays',
    'an identity provider that is down and refuses everyone',
  ],
  blindSpot:
    'A log-in that answers 200 or a redirect to everything: log the outcome, or say what a failure is with enricher.outcomes.',
  tags: ['owasp.api2-2019', 'owasp.api2-2023', 'oat.oat-008', 'oat.oat-007', 'attack.t1110.004'],
};
