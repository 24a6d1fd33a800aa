import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PolicySet, PolicyText } from '../../../lib/contracts/generated.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { type Run, runDetector } from '../run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from '../traffic.test-fixture.ts';
import { leadMs, makePolicySet, policySetOut } from './policy-set.ts';

const start = Date.UTC(2026, 10, 2, 9);
const second = 1000;
const attackAt = start + 180 * second;
const switchAt = start + 192 * second;

/** Three minutes of people, then half a minute of stuffing. */
function stream(): Sketch[] {
  const next = random(3);
  const attack: Sketch[] = [];
  for (let at = attackAt; at < attackAt + 30 * second; at += 25)
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
  for (let at = attackAt; at < attackAt + 25 * second; at += 300)
    attack.push({ ...attack[0]!, at, ip: '45.1.1.1', session: `y${at}`, account: 'v1' });
  return inOrder(crowd({ seed: 4, from: start, until: attackAt + 40 * second, visits: () => 4 }), attack);
}

const stuffing = 'credential-stuffing.yaml';

/** The shipped files, one of them changed; null: without it. */
function shipped(change: (text: string) => string | null): PolicyText[] {
  const folder = inPackage('policies');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const changed = name === stuffing ? change(text) : text;
      return changed === null ? [] : [{ name, text: changed }];
    });
}

const setOf = (files: readonly PolicyText[], effectiveAt = switchAt): PolicySet =>
  makePolicySet({ files, effectiveAt, now: effectiveAt - leadMs, who: 'test', reason: 'test' });

const weaker = setOf(shipped((text) => text.replace(/kind: block\b/, 'kind: challenge')));
const without = setOf(shipped(() => null));

const ids = ({ campaigns, verdicts }: Run) => ({
  campaigns: [...new Set(campaigns.map((one) => `${one.campaign_id} ${one.revision} ${one.state}`))].sort(),
  verdicts: [
    ...new Set(verdicts.map((one) => `${one.verdict_id} ${one.revision} ${one.decided_at} ${one.until_at}`)),
  ].sort(),
});

const published = (...sets: PolicySet[]) => ({ sets, wall: start + 600 * second });
const ofSignatures = ({ verdicts }: Run) => verdicts.filter(({ target }) => target.kind === 'signature');

describe('a set of policies that takes effect in the middle of an attack', { timeout: 120_000 }, () => {
  it('is the same for 1 and 4 partitions, 1 and 2 instances, and whenever it was read', async () => {
    const sketches = stream();
    const one = ids(await runDetector(sketches, { published: published(weaker) }));
    expect(one.verdicts.length).toBeGreaterThan(3);
    expect(ids(await runDetector(sketches, { partitions: 4, published: published(weaker) }))).toEqual(one);
    expect(
      ids(await runDetector(sketches, { partitions: 4, instances: 2, published: published(weaker) })),
    ).toEqual(one);
    let late = false;
    const read = await runDetector(sketches, {
      partitions: 4,
      instances: 2,
      published: { sets: [], wall: start },
      onIdle: async (producer) => {
        if (!late) await producer.send([policySetOut(weaker)]);
        late = true;
        return 20 * second;
      },
    });
    expect(late).toBe(true);
    expect(ids(read)).toEqual(one);
  });

  it('goes on with what the policy says now, under verdicts of their own', async () => {
    const run = await runDetector(stream(), { published: published(weaker) });
    const at = switchAt + 2 * second;
    const [first] = ofSignatures(run);
    const revisions = run.campaigns.filter(({ policy_id: id }) => id === first!.policy_id);
    expect(new Set(revisions.map(({ campaign_id: id }) => id)).size).toBe(1);
    const campaign = revisions.at(-1)!;
    const before = ofSignatures(run).filter(({ policy_hash: hash }) => hash !== campaign.policy_hash);
    const after = ofSignatures(run).filter(({ policy_hash: hash }) => hash === campaign.policy_hash);
    const last = new Map(before.map((verdict) => [verdict.verdict_id, verdict.until_at]));
    expect(last.size).toBeGreaterThan(0);
    expect(new Set(last.values())).toEqual(new Set([at]));
    expect(before.some(({ action }) => action.kind === 'block')).toBe(true);
    expect(Math.min(...after.map(({ decided_at: decided }) => decided))).toBe(at);
    expect(new Set(after.map(({ action }) => action.kind))).toEqual(new Set(['challenge']));
    expect(campaign.applied_action).toBe('challenge');
    expect(campaign.signatures.filter(({ from_at: from }) => from === at).length).toBeGreaterThan(0);
    // members are listed under the policy that holds
    const members = run.verdicts.filter(({ target, campaign_id: id }) => target.kind === 'ip' && id !== null);
    expect(members.filter(({ decided_at: decided }) => decided >= at)).not.toContainEqual(
      expect.objectContaining({ action: expect.objectContaining({ kind: 'block' }) }),
    );
  });

  it('without the policy takes back what it stopped', async () => {
    const run = await runDetector(stream(), { published: published(without) });
    const at = switchAt + 2 * second;
    const campaign = run.campaigns.filter(({ closed_at: closed }) => closed === at);
    expect(campaign.map(({ kind }) => kind)).toEqual(['stuffing']);
    const last = new Map(
      ofSignatures(run)
        .filter(({ campaign_id: id }) => id === campaign[0]!.campaign_id)
        .map((verdict) => [verdict.verdict_id, verdict.until_at]),
    );
    expect(last.size).toBeGreaterThan(0);
    expect(new Set(last.values())).toEqual(new Set([at]));
  });

  it('that can not be read changes nothing', async () => {
    const sketches = stream();
    const plain = ids(await runDetector(sketches));
    const broken = { ...weaker, files: [{ name: 'x.yaml', text: 'title: [' }] };
    const hasty = { ...weaker, published_at: switchAt - leadMs + 1 };
    expect(ids(await runDetector(sketches, { published: published(broken, hasty) }))).toEqual(plain);
  });
});
