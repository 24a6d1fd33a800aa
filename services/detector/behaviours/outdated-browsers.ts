import type { Behaviour } from './behaviour.ts';

export const outdatedBrowsers: Behaviour = {
  name: 'outdated-browsers',
  title: 'Browsers years out of date',
  measures:
    'Share of the requests by browsers that were more than 720 days old when the request was made, among those whose browser is known.',
  features: [
    { type: 'ratio', of: 'outdated' },
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
  needs: ['browser_age_days'],
  lookAlikes: [
    'a person who never updates, an old tablet: there are some everywhere, and their share is learned',
    'a factory with terminals of one old version: learned too',
  ],
  blindSpot: 'Attackers that copy a current user agent.',
  tags: ['owasp.api4-2023', 'oat.oat-011'],
};
