import type { Behaviour } from './behaviour.ts';

export const unrealBrowsers: Behaviour = {
  name: 'unreal-browsers',
  title: 'Browsers that never existed',
  measures:
    'Share of the requests whose user agent names a version that was never released when the request was made.',
  features: [
    { type: 'ratio', of: 'unreal' },
    { type: 'ratio', of: 'implausible' },
  ],
  groups: [
    'endpoint',
    'site',
    'partner_endpoint',
    'asn_endpoint',
    'country_endpoint',
    'fingerprint_endpoint',
  ],
  window: '1 s to 60 min',
  needs: ['browser'],
  lookAlikes: ['the day a new version comes out: the next versions are taken for possible'],
  blindSpot: 'Attackers that copy a real user agent.',
  tags: ['owasp.api4-2023', 'oat.oat-011'],
};
