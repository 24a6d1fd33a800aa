import type { Behaviour } from './behaviour.ts';

export const contradictedBrowsers: Behaviour = {
  name: 'contradicted-browsers',
  title: 'A user agent that its TLS fingerprint contradicts',
  measures:
    'Share of the requests whose JA4 belongs to other browsers than the one they name, or whose browser never comes with this JA4. Both are learned from samples of clean traffic; until enough is known of either, the request is unknown and counts on neither side.',
  features: [{ type: 'ratio', of: 'contradicted' }],
  groups: ['endpoint', 'site'],
  window: '1 s to 60 min',
  needs: ['ja4', 'browser'],
  lookAlikes: [
    'an inspecting proxy: one fingerprint with every browser behind it, which is learned',
    'a new version of a browser with a new fingerprint: it comes with people who read pages, and is learned as it spreads',
  ],
  blindSpot: 'Real browsers driven by programs, and tools that imitate the handshake.',
  tags: ['owasp.api4-2023', 'oat.oat-011', 'oat.oat-008'],
};
