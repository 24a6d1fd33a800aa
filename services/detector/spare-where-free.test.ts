import { describe, expect, it } from 'vitest';
import { spares } from '../../lib/signature/standing.ts';
import { type Run, runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 4 * minute;
const target = 'POST /login';

/** Tries passwords, each from an address of its own that may have looked at a page before. */
function* stuffing(seed: number, from: number, until: number, looksAround: number): Generator<Sketch> {
  const next = random(seed);
  for (let at = from; at < until; at += 30) {
    const bot = {
      ip: `45.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}`,
      session: `x${next()}`,
      agent: 'Chrome/120',
      ja4: 't13d0000_bot',
      country: 'ID',
      asn: 70000,
      browserVersion: 120,
      label: 'attack',
    };
    if (next() < looksAround) yield { ...bot, at: at - 3000, endpoint: 'GET /', fn: 'content' };
    yield { ...bot, at, endpoint: target, fn: 'login', status: 401, account: `v${Math.floor(next() * 1e6)}` };
  }
}

const honest = () => crowd({ seed: 1, from: start, until: start + 7 * minute, visits: () => 5 });
/** All that the campaign at the log-in ever had. */
const signaturesOf = ({ campaigns }: Run) =>
  campaigns
    .findLast(({ signatures }) => signatures.length > 0)!
    .signatures.map(({ signature, until_at: until }) => ({ ...signature, until }));

describe('people of standing', () => {
  it('are spared by a rule about attributes, where that lets nobody else through', {
    timeout: 60_000,
  }, async () => {
    const sketches = inOrder(honest(), stuffing(2, attackAt, attackAt + 2 * minute, 0));
    const run = await runDetector(sketches, { config: { good_list: true } });
    expect(score(run, sketches, target).attackStopped).toBeGreaterThan(0.99);
    const signatures = signaturesOf(run);
    expect(signatures.map((one) => [one.except_good, ...one.good_after])).toContainEqual([false, 'any']);
    // edges that know clients by a list are told of them
    expect(run.goodClients.length).toBeGreaterThan(20);
  });

  it('are spared no more once the attack earns itself what spares them', { timeout: 60_000 }, async () => {
    const changesAt = attackAt + minute;
    const sketches = inOrder(
      honest(),
      stuffing(2, attackAt, changesAt, 0),
      stuffing(3, changesAt, attackAt + 3 * minute, 1),
    );
    const run = await runDetector(sketches);
    const signatures = signaturesOf(run);
    expect(signatures[0]).toMatchObject({ except_good: false, good_after: ['any'] });
    expect(signatures[0]!.until).toBeGreaterThan(changesAt);
    expect(signatures[0]!.until).toBeLessThan(changesAt + 15_000);
    const late = run.evaluations.filter(
      ({ event: { request, endpoint, source_offset: at } }) =>
        request.timestamp > changesAt + 20_000 && endpoint === target && sketches[at]!.label === 'attack',
    );
    const through = late.filter(
      ({ evaluation: { inForce, standing } }) => inForce === null || spares(inForce.signature, standing),
    );
    expect(late.length).toBeGreaterThan(2000);
    expect(through.length / late.length).toBeLessThan(0.01);
  });
});
