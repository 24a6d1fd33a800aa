import type { Behaviour } from './behaviour.ts';

export const loginFailuresOfANetwork: Behaviour = {
  name: 'login-failures-of-a-network',
  title: 'Failures of one network',
  measures:
    'Refused requests of one /24 (IPv6: /48) in its last minute against those whose outcome is known: a few tries on each of many neighbouring addresses.',
  features: [
    { type: 'network', of: 'failing_60s' },
    { type: 'network', of: 'known_60s' },
  ],
  groups: ['network'],
  window: '1 min',
  needs: ['outcome|status'],
  lookAlikes: ['an office after a forced password change: most succeed in the end', 'a carrier gateway'],
  blindSpot: 'Addresses that have nothing in common but the attacker.',
  tags: ['owasp.api2-2019', 'owasp.api2-2023', 'oat.oat-007', 'attack.t1110.003'],
};
