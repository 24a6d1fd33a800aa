import { describe, expect, it } from 'vitest';
import { runDetector } from './run.test-fixture.ts';
import { crowd, inOrder, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const from = start + 8 * minute;
const until = start + 12 * minute;

/** The same people, whom the log shows from some moment to another by what stands in front of the site. */
function behind(front: (sketch: Sketch, index: number) => Partial<Sketch>): Sketch[] {
  const people = crowd({ seed: 33, from: start, until: start + 15 * minute, visits: () => 60 });
  return inOrder(people).map((sketch, index) => {
    // clients come the new way within some seconds of each other
    const late = (sketch.ip.length * 7919 + sketch.ip.charCodeAt(sketch.ip.length - 1) * 131) % 20_000;
    const isBehind = sketch.at >= from + late && sketch.at < until + late;
    return isBehind ? { ...sketch, ...front(sketch, index) } : sketch;
  });
}

describe('people whom the log shows by other addresses at once', () => {
  const edge = (index: number): string => `203.0.113.${1 + (index % 60)}`;
  for (const [name, front] of [
    ['those of a CDN', (_, index) => ({ ip: edge(index), network: 'hosting', country: 'US', asn: 64_500 })],
    [
      'one of a load balancer',
      () => ({ ip: '10.1.2.3', network: 'private', country: undefined, asn: undefined }),
    ],
    ['none of their own, nor a language', (_, index) => ({ ip: edge(index), language: null })],
  ] as [string, (sketch: Sketch, index: number) => Partial<Sketch>][])
    it(`are stopped by nothing: ${name}`, { timeout: 120_000 }, async () => {
      const run = await runDetector(behind(front));
      expect(run.verdicts).toEqual([]);
      expect(run.campaigns.filter(({ applied_action: action }) => action !== 'observe')).toEqual([]);
    });
});
