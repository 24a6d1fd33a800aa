import type { Behaviour } from './behaviour.ts';

export const serialLookUps: Behaviour = {
  name: 'serial-look-ups',
  title: 'Look-ups in series',
  measures:
    'Share of look-ups by clients (a session, or an address with one kind of software) in the middle of a series: fifteen and more, each for another value than the one before. A page takes back five of them, and so does every eight seconds one: whoever opens what a page shows, or reads the answers, makes none. To ask for the same again is to wait for it.',
  features: [
    { type: 'ratio', of: 'serial' },
    { type: 'client', of: 'serial' },
  ],
  groups: [
    'client',
    'endpoint',
    'site',
    'partner_endpoint',
    'asn_endpoint',
    'country_endpoint',
    'fingerprint_endpoint',
  ],
  window: 'visit (30 min), then 1 s to 60 min',
  needs: ['params'],
  lookAlikes: [
    'a page that asks for the stock of all that it lists: learned as normal for the endpoint',
    'somebody who tries one place after the other by hand: he reads what it says',
  ],
  blindSpot: 'Look-ups at the pace of people, or with a page before every few of them.',
  tags: ['owasp.api4-2019', 'owasp.api6-2023', 'oat.oat-011'],
};
