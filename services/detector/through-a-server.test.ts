import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { browser, crowd, inOrder, partnerServer, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 8 * minute;
const until = start + 10 * minute;
const target = 'POST /login';

const background = () => crowd({ seed: 21, from: start, until, visits: () => 4 });

/** Log-ins through a partner's two servers: its people, or what comes with them. */
function* through(
  seed: number,
  from: number,
  everyMs: number,
  failing: number,
  endpoint = target,
): Generator<Sketch> {
  const next = random(seed);
  for (let at = from + seed; at < until; at += everyMs)
    yield {
      ...partnerServer(next),
      at,
      endpoint,
      fn: 'login',
      status: next() < failing ? 401 : 200,
      account: `v${Math.floor(next() * 1e6)}`,
      session: `p${next()}`,
      label: failing > 0.5 ? 'attack' : 'honest',
    };
}

describe('servers that people come through', { timeout: 60_000 }, () => {
  it('are not stopped for who abuses them: the campaign is told, and that no edge could spare their people', async () => {
    const run = await runDetector(
      inOrder(background(), through(3, start, 500, 0.08), through(4, attackAt, 40, 0.98)),
    );
    expect(run.verdicts).toEqual([]);
    const stuffing = run.campaigns.filter(
      ({ kind, mode, revision }) => kind === 'stuffing' && mode === 'enforce' && revision === 1,
    );
    expect(stuffing.length).toBeGreaterThan(0);
    for (const { opened_at: openedAt, applied_action: action, reason } of stuffing) {
      expect(openedAt).toBeGreaterThanOrEqual(attackAt);
      expect(action).toBe('observe');
      expect(reason).toContain('nothing an edge could select would spare honest users');
    }
  });

  it('do work of their own: a sync that asks for what is gone is no campaign', async () => {
    const sync = function* (from: number, everyMs: number, gone: number): Generator<Sketch> {
      const next = random(9);
      for (let at = from; at < until; at += everyMs)
        yield {
          at,
          ip: '198.51.100.7',
          endpoint: 'GET /api/stock',
          fn: 'inventory',
          status: next() < gone ? 404 : 200,
          partner: 'acme',
          agent: 'acme-sync/2',
          params: { sku: String(Math.floor(next() * 5000)) },
        };
    };
    const run = await runDetector(inOrder(background(), sync(start, 900, 0.02), sync(attackAt, 50, 0.6)));
    expect(run.verdicts).toEqual([]);
    expect(run.campaigns.filter(({ kind }) => kind !== 'surge')).toEqual([]);
  });

  it('are stopped where nobody but the abuser came through them', async () => {
    const run = await runDetector(inOrder(background(), through(4, attackAt, 40, 0.98)));
    const targets = run.verdicts.map(({ target: { kind } }) => kind);
    expect(targets).toContain('ip');
  });

  it('are the only ones to spare where nobody else ever came: to browsers the endpoint is closed at once', async () => {
    const partners = 'POST /partners/login';
    const browsers = function* (): Generator<Sketch> {
      const next = random(11);
      const below = (limit: number): number => Math.floor(next() * limit);
      for (let at = attackAt; at < until; at += 40) {
        const software = browser(next);
        yield {
          at,
          ip: `84.${below(250)}.${below(250)}.${below(250)}`,
          endpoint: partners,
          fn: 'login',
          status: next() < 0.98 ? 401 : 200,
          account: `v${below(1e6)}`,
          ...software,
          country: 'DE',
          asn: 3320,
          label: 'attack',
        };
      }
    };
    const sketches = inOrder(background(), through(5, start, 900, 0.08, partners), browsers());
    const { attackStopped, honestStopped } = score(await runDetector(sketches), sketches, partners);
    expect(attackStopped).toBeGreaterThan(0.9);
    expect(honestStopped).toBe(0);
  });
});
