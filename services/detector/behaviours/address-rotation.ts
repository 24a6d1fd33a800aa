import type { Behaviour } from './behaviour.ts';

export const addressRotation: Behaviour = {
  name: 'address-rotation',
  title: 'Rotation of IPv6 addresses',
  measures:
    'Distinct /64s of one /48 (addresses of one /24) in its last minute, held against the browsers that come with them: one program behind many addresses.',
  features: [
    { type: 'network', of: 'clients_60s' },
    { type: 'network', of: 'agents_60s' },
  ],
  groups: ['network'],
  window: '1 min',
  needs: ['client_ip'],
  lookAlikes: ['a mobile carrier: as many phones as addresses, of many makes'],
  blindSpot: 'Rotation over more than a /48; an attacker with as many user agents as addresses.',
  tags: ['owasp.api4-2019', 'owasp.api4-2023', 'oat.oat-011', 'oat.oat-008'],
};
