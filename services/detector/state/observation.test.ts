import { expect, test } from 'vitest';
import { partOf } from '../../../lib/signature/standing.ts';
import { flag } from '../layout.ts';
import { enriched, type Sketch } from '../traffic.test-fixture.ts';
import { ActorTable } from './actor-table.ts';
import { observe, responseFlags } from './observation.ts';
import { createRequestFacts, readFacts } from './request-facts.ts';

const start = Date.UTC(2026, 10, 20, 12);

/** Whether each request came directly. */
function direct(requests: readonly Sketch[]): boolean[] {
  const actors = new ActorTable(1024);
  const facts = createRequestFacts();
  return requests.map((sketch, index) => {
    const event = enriched(sketch, index);
    readFacts(facts, event);
    const part = partOf(event.endpoint_function, event.request.method);
    const flags = observe(actors, event, facts, part, Math.floor(sketch.at / 1000), true);
    return (flags & flag.direct) !== 0;
  });
}

const page = {
  at: start,
  ip: '91.1.2.7',
  endpoint: 'GET /p/{slug}',
  fn: 'content',
  agent: 'Chrome',
  ja4: 'first',
};
const buys = { ...page, at: start + 9000, endpoint: 'POST /cart/items', fn: 'cart', ja4: 'resumed' };

test('a visit without a session stays one when its TLS session is resumed', () => {
  expect(direct([page, buys])).toEqual([true, false]);
});

test('another agent at the address is somebody else, unless the session is the same', () => {
  const other = { ...buys, agent: 'Firefox' };
  expect(direct([page, other])).toEqual([true, true]);
  expect(direct([page, other].map((sketch) => ({ ...sketch, session: 's' })))).toEqual([true, false]);
});

test('of what is refused, what a shop says of its goods is not denied', () => {
  const shown = (status: number): readonly boolean[] => {
    const facts = createRequestFacts();
    const event = enriched({ ...buys, fn: 'other', status }, 0);
    readFacts(facts, event);
    const flags = responseFlags(event, facts, partOf('other', 'POST'));
    return [(flags & flag.failing) !== 0, (flags & flag.denied) !== 0];
  };
  expect([401, 403].map(shown)).toEqual([
    [true, true],
    [true, true],
  ]);
  expect([400, 422].map(shown)).toEqual([
    [true, false],
    [true, false],
  ]);
  expect([200, 404, 429, 503].map(shown)).toEqual(Array(4).fill([false, false]));
});

test('a key makes a server of nobody who was not here for a while: one that an app holds comes from everywhere', () => {
  const call = {
    at: start,
    ip: '203.0.113.9',
    endpoint: 'POST /v3/recharge',
    fn: 'payment',
    agent: 'python-httpx/0.28',
    client: 'server',
    key: 'app-5',
  };
  const later = (seconds: number) => ({ ...call, at: start + seconds * 1000 });
  expect(direct([call, later(1), later(30), later(61), later(62)])).toEqual([true, true, true, false, false]);
  expect(direct([{ ...call, key: undefined, partner: 'pays' }])).toEqual([false]);
});

test('of a partner nothing is seen but his app: what comes from his servers and his pages begins with him', () => {
  const call = {
    at: start,
    endpoint: 'GET /v2/stores/7/vouchers',
    fn: 'inventory',
    partner: 'fuel',
  };
  const app = { ...call, ip: '203.0.113.9', agent: 'Fuel/6.0.0 (Android 15; SM-A256B)', client: 'app' };
  const page = { ...call, ip: '203.0.113.10', agent: 'Mozilla/5.0 (iPhone) AppleWebKit/605', client: 'app' };
  const server = { ...call, ip: '198.51.100.7', agent: 'fuel-backend/2.1', client: 'unknown' };
  expect(direct([app, page, server])).toEqual([true, false, false]);
  // who was here for a while is no stranger, whatever his software is called
  const later = (seconds: number) => ({ ...app, at: start + seconds * 1000 });
  expect(direct([app, later(1), later(30), later(61), later(62)])).toEqual([true, true, true, false, false]);
});
