import { expect, test } from 'vitest';
import { compilePolicyTexts, readPolicyFiles } from '../policies/load-policies.ts';
import { idsOf, runDetector } from '../run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from '../traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const second = 1000;
const minute = 60 * second;

/** Stuffing that edges stop upstream of the log eight seconds after it began, with moments that let it through. */
function stream(shownAt: readonly number[]): Sketch[] {
  const next = random(3);
  const attack: Sketch[] = [];
  const burst = (from: number, until: number): void => {
    for (let at = start + from; at < start + until; at += 25)
      attack.push({
        at,
        ip: `45.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.${Math.floor(next() * 4)}`,
        endpoint: 'POST /login',
        fn: 'login',
        status: 401,
        session: `x${next()}`,
        agent: 'Chrome/120',
        ja4: 't13d0000_bot',
        country: 'ID',
        asn: 70000,
      });
  };
  burst(3 * minute, 3 * minute + 8 * second);
  for (const at of shownAt) burst(at, at + 5 * second);
  return inOrder(crowd({ seed: 4, from: start, until: start + 17 * minute, visits: () => 1 }), attack);
}

/** The policy that finds it, with verdicts of four minutes. */
const policies = readPolicyFiles('')
  .filter(({ path }) => path.endsWith('credential-stuffing.yaml') && !path.includes('partner'))
  .flatMap(({ path, text }) =>
    compilePolicyTexts([{ path, text: text.replace(/ttl: \w+/, 'ttl: 4m') }]).flatMap(
      ({ policy }) => policy ?? [],
    ),
  );
const config = { campaign: { stopped_quiet: '8m' } };

test('what edges stop upstream is stopped, not over: it is kept up, and ends when probes show nothing', {
  timeout: 120_000,
}, async () => {
  const sketches = stream([7 * minute]);
  const run = await runDetector(sketches, { policies, config });
  expect(new Set(run.campaigns.map(({ campaign_id: id }) => id)).size).toBe(1);
  const states = run.campaigns.map(
    ({ state, updated_at: at }) => [state, Math.round((at - start) / second)] as const,
  );
  const changes = states.filter(([state], index) => state !== states[index - 1]?.[0]);
  expect(changes.map(([state]) => state)).toEqual(['active', 'stopped', 'active', 'stopped', 'ended']);
  // two minutes after it was last seen, at the probe, and eight minutes after the last of it
  for (const [index, at] of [188 + 120, 420, 425 + 120, 425 + 480].entries())
    expect(Math.abs(changes[index + 1]![1] - at)).toBeLessThan(15);
  const silent = run.campaigns.filter(({ state }) => state === 'stopped');
  expect(silent[0]!.reason).toMatch(/Stopped, not seen: .* since 09:03:\d\d UTC\. It ends at 09:11:\d\d UTC/);

  // no verdict on a signature lapses while the campaign is open
  const closedAt = run.campaigns.at(-1)!.closed_at!;
  const signatures = new Set(
    run.verdicts.filter(({ target }) => target.kind === 'signature').map(({ verdict_id: id }) => id),
  );
  expect(signatures.size).toBeGreaterThan(0);
  for (const id of signatures) {
    const revisions = run.verdicts.filter((verdict) => verdict.verdict_id === id);
    expect(revisions.length).toBeGreaterThan(3);
    for (const [index, { updated_at: at }] of revisions.entries())
      if (index > 0) expect(at).toBeLessThan(revisions[index - 1]!.until_at);
    expect(revisions.at(-1)!.until_at).toBeGreaterThanOrEqual(closedAt);
  }
  expect(idsOf(await runDetector(sketches, { partitions: 4, policies, config }))).toEqual(idsOf(run));
});

test('where the log shows everything, silence is the end', { timeout: 120_000 }, async () => {
  const { campaigns } = await runDetector(stream([]), { policies });
  expect(campaigns.at(-1)).toMatchObject({ state: 'ended' });
  expect(campaigns.some(({ state }) => state === 'stopped')).toBe(false);
  expect((campaigns.at(-1)!.closed_at! - start) / second).toBeLessThan(188 + 140);
});
