import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inPackage } from '../../../../lib/package-root.ts';
import { compilePolicy } from '../../policies/load-policies.ts';
import { idsOf, runDetector } from '../../run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch, stuffing } from '../../traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const second = 1000;
const minute = 60 * second;

/** Stuffing that edges stop upstream of the log eight seconds after it began, with moments that let it through. */
function stream(shownAt: readonly number[]): Sketch[] {
  const next = random(3);
  const burst = (from: number, lastsMs: number): Sketch[] =>
    stuffing({ next, from: start + from, until: start + from + lastsMs });
  return inOrder(
    crowd({ seed: 4, from: start, until: start + 17 * minute, visits: () => 1 }),
    burst(3 * minute, 8 * second),
    ...shownAt.map((at) => burst(at, 5 * second)),
  );
}

/** The policy that finds it, with verdicts of four minutes. */
const shipped = readFileSync(inPackage('policies', 'credential-stuffing.yaml'), 'utf8');
const policies = [compilePolicy('credential-stuffing.yaml', shipped.replace(/ttl: \w+/, 'ttl: 4m'))];
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
