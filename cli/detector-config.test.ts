import { expect, test } from 'vitest';
import { parseConfig } from '../lib/config.ts';
import { rootConfig } from './config.ts';
import { liveDetectorConfig } from './detector-config.ts';

const quietOf = (text: string): number | undefined =>
  liveDetectorConfig(parseConfig(rootConfig, { name: 'tidegate.yaml', text }, {})).campaign.stopped_quiet;

test('how long a campaign may be silent follows from the slowest probe, unless it is said', () => {
  const edge = (name: string, more: string): string => `    - { kind: feed, name: ${name}, ${more} }\n`;
  const edges = (...of: string[]): string => `actuator:\n  edges:\n${of.join('')}`;
  expect(quietOf('')).toBeUndefined();
  expect(quietOf(edges(edge('a', 'dry_run: false')))).toBeUndefined();
  const probed = edges(
    edge('a', 'probe: { every: 10m }'),
    edge('b', 'probe: { every: 4m, for: 5s }'),
    edge('c', 'dry_run: true, probe: { every: 1h }'),
  );
  expect(quietOf(probed)).toBe(20 * 60_000);
  expect(quietOf(`${probed}detector: { campaign: { stopped_quiet: 7m } }\n`)).toBe(7 * 60_000);
});
