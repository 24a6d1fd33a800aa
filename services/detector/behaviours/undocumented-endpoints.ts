import type { Behaviour } from './behaviour.ts';

export const undocumentedEndpoints: Behaviour = {
  name: 'undocumented-endpoints',
  title: 'Undocumented endpoints',
  measures:
    'Share of the requests to endpoints that no OpenAPI document has, and `endpoint.documented` in conditions. An undocumented endpoint expects no traffic: its baseline starts at the floor, whatever its neighbours do. First sight of one is announced by the inventory.',
  features: [{ type: 'ratio', of: 'undocumented' }],
  groups: ['site', 'endpoint'],
  window: '1 s to 60 min',
  needs: ['documented'],
  lookAlikes: [
    'a documented endpoint that becomes popular',
    'a document that lags behind a release: update it, or expect the notice',
  ],
  blindSpot: 'Without an OpenAPI document nothing is undocumented (unknown, not zero).',
  tags: ['owasp.api9-2019', 'owasp.api9-2023'],
};
