import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, parseIp, parseNetwork } from '../../../lib/ip.ts';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { plainEntry } from '../../../test/counterparts/edge-fixture.ts';
import type { Entry } from '../edge.ts';
import { createCollateralGuard } from './collateral-guard.ts';
import { createSample, openGoodTraffic } from './good-traffic.ts';

const entry = (kind: string, value: string): Entry => plainEntry({ kind, value, signature: null });
const campaigns = {
  caughtUp: Promise.resolve(),
  done: Promise.resolve(),
  ofSignature: () => null,
  campaign: () => null,
  onCampaign: () => {},
  close: async () => {},
};

test('a network has the requests of the addresses in it', () => {
  const address = fc.oneof(
    fc.tuple(fc.nat(3), fc.nat(255)).map(([a, b]) => `203.0.${a}.${b}`),
    fc.nat(5).map((a) => `2001:db8:${a}::1`),
  );
  const network = fc.oneof(
    fc.tuple(address, fc.integer({ min: 16, max: 32 })).map(([at, length]) => `${at}/${length}`),
  );
  fc.assert(
    fc.property(fc.uniqueArray(address), network, (addresses, text) => {
      const clients = addresses.map((each, index) => [parseIp(each)!, index + 1] as const);
      const wanted = parseNetwork(text)!;
      const expected = clients.reduce((sum, [ip, count]) => sum + (contains(wanted, ip) ? count : 0), 0);
      expect(createSample(clients).within(wanted)).toBe(expected);
    }),
  );
});

test('asks once a while; a rule is asked for by itself, and tells when it is known', async () => {
  const asked: string[] = [];
  let at = 0;
  const traffic = openGoodTraffic(
    {
      query: async <T>(sql: string) => {
        if (sql.includes('AS told')) return [{ told: 0 }] as T[];
        asked.push(sql.startsWith('SELECT client_ip') ? 'clients' : 'rule');
        return (
          sql.startsWith('SELECT client_ip')
            ? [{ client_ip: '::ffff:203.0.113.7', requests: 40 }]
            : [{ hits: 9 }]
        ) as T[];
      },
    },
    { windowMs: 1000, refreshMs: 100, maxClients: 10 },
    { now: () => at, logger: silentLogger },
  );
  const told = new Promise<void>((resolve) => traffic.onChange(resolve));
  expect(traffic.requests()).toBeNull();
  await told;
  expect([traffic.requests(), traffic.hits(entry('ip', '203.0.113.7'))]).toEqual([40, 40]);
  expect(traffic.seesStopped()).toBe(false);
  expect(traffic.hits(entry('cidr', '203.0.114.0/24'))).toBe(0);
  expect(traffic.hits(entry('asn', '64500'))).toBeNull();
  await new Promise((resolve) => setImmediate(resolve));
  expect(traffic.hits(entry('asn', '64500'))).toBe(9);
  expect(asked).toEqual(['clients', 'rule']);
  at = 200;
  traffic.requests();
  await new Promise((resolve) => setImmediate(resolve));
  await traffic.close();
  expect(asked).toEqual(['clients', 'rule', 'clients']);
});

test('while the store is away wide blocks wait, single clients and what a campaign vouches for do not', async () => {
  const traffic = openGoodTraffic(
    { query: async () => Promise.reject(new Error('connection refused')) },
    { windowMs: 1000, refreshMs: 100, maxClients: 10 },
    { now: () => 0, logger: silentLogger },
  );
  const config = { maxGoodShare: 0.02, minGoodRequests: 100 };
  const guard = createCollateralGuard(traffic, campaigns, config);
  const told = new Promise<void>((resolve) => traffic.onChange(resolve));
  traffic.requests();
  await told;
  expect(guard.holdAddition(entry('cidr', '203.0.113.0/24'))).toMatch(/can not be read/);
  expect(guard.holdAddition(entry('country', 'DE'))).toMatch(/can not be read/);
  expect(guard.holdAddition(entry('ip', '203.0.113.7'))).toBeNull();
  expect(guard.holdAddition(entry('account', 'k1.x'))).toBeNull();
  const vouched = createCollateralGuard(
    traffic,
    { ...campaigns, ofSignature: () => ({ campaignId: 'cmp_1', coverage: 0.9, collateralUpper: 0.001 }) },
    config,
  );
  expect(vouched.holdAddition(entry('signature', 'sig'))).toBeNull();
  expect(guard.budget()).toBe(Number.POSITIVE_INFINITY);
  await traffic.close();
});

test('the budget is a share of what good clients sent, once there is enough of it', async () => {
  const guardOf = (requests: number | null) =>
    createCollateralGuard(
      {
        requests: () => requests,
        hits: () => 3,
        seesStopped: () => null,
        onChange: () => {},
        close: async () => {},
      },
      campaigns,
      { maxGoodShare: 0.02, minGoodRequests: 100 },
    );
  expect([guardOf(5000).budget(), guardOf(99).budget()]).toEqual([100, Number.POSITIVE_INFINITY]);
  expect(createCollateralGuard(null, campaigns, { maxGoodShare: 0, minGoodRequests: 1 }).budget()).toBe(
    Number.POSITIVE_INFINITY,
  );
});
