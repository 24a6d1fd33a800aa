import type { Behaviour } from './behaviour.ts';

export const foreignCountries: Behaviour = {
  name: 'foreign-countries',
  title: 'Countries without genuine business',
  measures:
    'Share of the requests from countries in which the site has no genuine business. What genuine means is learned per site from the samples of clean traffic: clients that read pages, in at least 0.3 % of them. `detector.business_countries` names them instead. Never alone a reason to stop anybody: a policy should join it with what these requests do.',
  features: [{ type: 'ratio', of: 'foreign' }],
  groups: ['endpoint', 'partner_endpoint'],
  window: '1 s to 60 min',
  needs: ['country'],
  lookAlikes: [
    'travellers: few, and soon learned when they are many',
    'a campaign abroad: name the country in business_countries first',
  ],
  blindSpot:
    'Proxies inside the business countries. Until 200 samples are learned nothing is foreign (unknown, not zero).',
  tags: ['owasp.api2-2023', 'oat.oat-008'],
};
