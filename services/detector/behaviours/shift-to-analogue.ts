import type { Behaviour } from './behaviour.ts';

export const shiftToAnalogue: Behaviour = {
  name: 'shift-to-analogue',
  title: 'A shift to an analogous endpoint',
  measures:
    'Analogous endpoints (the same through the web and a mobile app, or an older version; the inventory pairs them) that are under an acting campaign: what is stopped on the web comes back on mobile, and there less evidence is enough. A campaign that follows its attackers names both scopes.',
  features: [{ type: 'variable', of: 'analogues.attacked' }],
  groups: ['endpoint'],
  window: 'while the campaign lasts',
  needs: ['status'],
  lookAlikes: ['people who move to the app by themselves: the web endpoint is then under no campaign'],
  blindSpot: 'A move to an endpoint that does something else.',
  tags: ['owasp.api6-2023', 'oat.oat-011'],
};
