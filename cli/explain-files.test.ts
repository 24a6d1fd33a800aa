import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Campaign } from '../lib/contracts/generated.ts';
import { blockVerdict } from '../lib/verdict.test-fixture.ts';
import { renderExplanation } from '../services/console/explain.ts';
import { explainFiles } from './explain-files.ts';
import { decisionFor } from './replay/enriched-request.test-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-explain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
function file(name: string, lines: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

const start = Date.parse('2026-11-16T10:00:00Z');
const verdict = (id: string, value: string, at: number) => ({
  ...blockVerdict(value, at, { campaign_id: 'cmp_abc', reason: `because of ${id}` }),
  verdict_id: id,
});
const first = verdict('vrd_first', '203.0.113.9', start);
const decision = {
  ...decisionFor(first.target, { at: start, until: start + 60_000 }),
  decision_id: 'dec_one',
  causes: [{ kind: 'verdict', id: first.verdict_id, campaign_id: 'cmp_abc' }],
};
const watched: Campaign = {
  campaign_id: 'cmp_watched',
  revision: 1,
  updated_at: start + 60_000,
  site: 'default',
  kind: 'surge',
  title: 'Surge',
  policy_id: 'surge-observed',
  policy_hash: 'abc',
  level: 'low',
  mode: 'enforce',
  state: 'observed',
  merged_into: null,
  scopes: [{ kind: 'endpoint', key: 'GET shop.example/p/{slug}' }],
  opened_at: start,
  effective_from: start,
  closed_at: null,
  signatures: [],
  action: { kind: 'observe', fallback: null, ttl_ms: 0, escalate_ms: [] },
  applied_action: 'observe',
  reason: 'seven times as many as usual',
  evidence: [],
  taxonomy: [],
  requests: 700,
  excess: 600,
  peak_ratio: 7,
  share: 0.2,
  clients: 300,
  sample_event_ids: [],
  inputs: [],
  degraded: [],
  baseline_rung: null,
};
const verdicts = file('verdicts', [
  verdict('vrd_later', '198.51.100.0/24', start + 5000),
  { ...first, reason: 'an earlier revision' },
  first,
]);
const decisions = file('decisions', [decision]);
const outcomes = file('outcomes', [
  { event_id: 'a1', outcome: 'blocked', decision_id: 'dec_one' },
  { event_id: 'a2', outcome: 'allowed' },
]);
const all = [verdicts, decisions, outcomes];

async function textOf(reference: string, files = all): Promise<string> {
  const found = await explainFiles(reference, files);
  return found?.finding == null ? '' : renderExplanation(found.finding);
}

describe('what replay wrote explains', () => {
  it('a campaign by its verdicts, the first first, and by its decisions', async () => {
    const text = await textOf('cmp_abc');
    expect(text).toMatch(/vrd_first +2026-11-16T10:00:00Z.*because of vrd_first.*vrd_later.*dec_one/s);
    expect(text).not.toMatch(/an earlier revision|undo/);
  });
  it('a campaign by what it was last, whether or not anything was stopped', async () => {
    const campaigns = file('campaigns', [
      { ...watched, revision: 1, reason: 'at first' },
      { ...watched, revision: 2 },
    ]);
    const found = await explainFiles('cmp_w', [campaigns]);
    const text = renderExplanation(found!.finding!, 'none in these files');
    expect(text).toMatch(
      /campaign +cmp_watched.*2026-11-16T10:00:00Z → open.*seven times as many.*none in these files/s,
    );
    expect(text).not.toMatch(/at first/);
    expect(await textOf('cmp_abc', [...all, campaigns])).toMatch(/vrd_first/);
  });
  it('a verdict, a decision and an address', async () => {
    expect(await textOf('vrd_f')).toMatch(/vrd_first.*dec_one/s);
    expect(await textOf('dec_one')).toMatch(/dec_one.*vrd_first/s);
    expect(await textOf('203.0.113.9')).toMatch(/dec_one/);
    expect(await textOf('198.51.100.77', [verdicts])).toMatch(/vrd_later/);
  });
  it('a request by what became of it', async () => {
    expect(await explainFiles('a1', all)).toMatchObject({
      outcome: { outcome: 'blocked' },
      finding: { kind: 'decision', reference: 'dec_one', verdicts: [{ verdict_id: 'vrd_first' }] },
    });
    expect(await explainFiles('a2', all)).toEqual({
      outcome: { event_id: 'a2', outcome: 'allowed' },
      finding: null,
    });
  });
  it('nothing that it does not know, and several of one beginning', async () => {
    for (const reference of ['cmp_x', '192.0.2.1', 'a3', 'whatever'])
      expect(await explainFiles(reference, all)).toBeNull();
    expect((await explainFiles('vrd_', all))?.finding).toEqual({
      kind: 'ambiguous',
      reference: 'vrd_',
      candidates: ['vrd_first', 'vrd_later'],
    });
  });
  it('no file of another kind', async () => {
    const other = file('other', [decision, { any: 1 }]);
    await expect(explainFiles('dec_one', [other])).rejects.toMatchObject({
      code: 3,
      message: `${other}:2: is no line of replay --campaigns, --verdicts, --decisions or --outcomes`,
    });
    await expect(explainFiles('dec_one', ['/nowhere'])).rejects.toMatchObject({ code: 3 });
  });
});
