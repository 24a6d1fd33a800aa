import type { Behaviour } from './behaviour.ts';

export const fewCookies: Behaviour = {
  name: 'few-cookies',
  title: 'Cookies gathered over a session',
  measures:
    'Share of the requests by clients that gathered two cookies at most over five or more requests, among clients with as many. What counts is the session, not the request: one cookie on a first request is normal for everybody. Where the log has only the cookies that answers set, their sum stands in.',
  features: [{ type: 'ratio', of: 'few_cookies' }],
  groups: [
    'endpoint',
    'site',
    'partner_endpoint',
    'asn_endpoint',
    'country_endpoint',
    'fingerprint_endpoint',
  ],
  window: 'visit (30 min), then 1 s to 60 min',
  needs: ['cookie_count|set_cookie_count'],
  lookAlikes: [
    'a first request with one cookie',
    'an app or API client that never carries any: learned as normal for the endpoint',
  ],
  blindSpot: 'Attackers that carry invented cookies in number.',
  tags: ['owasp.api4-2023', 'oat.oat-011'],
};
