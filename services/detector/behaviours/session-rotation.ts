import type { Behaviour } from './behaviour.ts';

export const sessionRotation: Behaviour = {
  name: 'session-rotation',
  title: 'A new session for nearly every request',
  measures:
    'Distinct sessions of one address in its last minute, held against its requests and its agents. At an endpoint: share of requests with a session that its network never showed before (`new_sessions`).',
  features: [
    { type: 'client', of: 'sessions_60s' },
    { type: 'ratio', of: 'new_sessions' },
  ],
  groups: ['client', 'endpoint'],
  window: '1 min',
  needs: ['session_id'],
  lookAlikes: [
    'a carrier gateway or an office: many sessions, but as many browsers, and each session asks more than once',
    'a browser that throws its cookies away: few requests',
  ],
  blindSpot:
    'An attacker with one request an address shows no rotation on any address; the ratio at the endpoint still does.',
  tags: ['owasp.api2-2019', 'owasp.api2-2023', 'oat.oat-008', 'oat.oat-007'],
};
