import type { Behaviour } from './behaviour.ts';

export const enumeration: Behaviour = {
  name: 'enumeration',
  title: 'Enumeration of values and combinations',
  measures:
    'Distinct combinations of parameters and path values (`combos`), and distinct values one by one (`values`), over all clients together, and their growth: the share of what the last seconds asked for that the rest of the window had not shown. People ask for the same things again.',
  features: [
    { type: 'value_count', of: 'combos' },
    { type: 'value_count', of: 'values' },
    { type: 'growth', of: 'combos' },
    { type: 'growth', of: 'values' },
  ],
  groups: ['endpoint', 'partner_endpoint', 'asn_endpoint', 'country_endpoint', 'fingerprint_endpoint'],
  window: '10 s to 1 min',
  needs: ['params'],
  lookAlikes: [
    'a crowd that asks for the few products of a sale',
    'a catalogue so wide that nothing comes twice: growth is then always high, combinations against normal still tell',
  ],
  blindSpot:
    'A sweep slower than the visitors. Where it comes directly and from abroad, `slow-enumeration` shows it, simulated.',
  tags: ['owasp.api4-2019', 'owasp.api6-2023', 'oat.oat-011'],
};
