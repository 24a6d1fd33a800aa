import { expect, test } from 'vitest';
import { plainSample } from '../frames/sample-row.ts';
import { minedAttributes } from '../layout.ts';
import { tooLong } from '../nameable.ts';
import { enriched } from '../traffic.test-fixture.ts';
import { sampleOf } from './sampled.ts';

const agentOf = (agent: string): string | null => {
  const event = enriched({ at: 0, ip: '192.0.2.1', endpoint: 'GET /api', agent }, 1);
  const { attributes } = plainSample(sampleOf({ event, flags: 0, order: 1, sample: null }));
  return attributes[minedAttributes.indexOf('user_agent')]!;
};

test('a sample carries a user agent as it is, and of three kilobytes only that it is long', () => {
  expect(agentOf('x'.repeat(1024))).toBe('x'.repeat(1024));
  expect(agentOf('中'.repeat(1024))).toBe(tooLong);
});
