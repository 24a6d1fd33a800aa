import { describe, expect, it } from 'vitest';
import type { PolicySet } from '../../../lib/contracts/generated.ts';
import { idsOf, type Run, runDetector } from '../run.test-fixture.ts';
import { leadMs, policySetOut } from './policy-set.ts';
import {
  changedSet,
  second,
  setWithout,
  start,
  switchAt,
  switchingStream,
} from './switching.test-fixture.ts';

const published = (...sets: PolicySet[]) => ({ sets, wall: start + 600 * second });
const ofSignatures = ({ verdicts }: Run) => verdicts.filter(({ target }) => target.kind === 'signature');

describe('a set of policies that takes effect in the middle of an attack', { timeout: 120_000 }, () => {
  it('is the same for 1 and 4 partitions, 1 and 2 instances, and whenever it was read', async () => {
    const sketches = switchingStream();
    const one = idsOf(await runDetector(sketches, { published: published(changedSet) }));
    expect(one.verdicts.length).toBeGreaterThan(3);
    expect(idsOf(await runDetector(sketches, { partitions: 4, published: published(changedSet) }))).toEqual(
      one,
    );
    expect(
      idsOf(await runDetector(sketches, { partitions: 4, instances: 2, published: published(changedSet) })),
    ).toEqual(one);
    let late = false;
    const read = await runDetector(sketches, {
      partitions: 4,
      instances: 2,
      published: { sets: [], wall: start },
      onIdle: async (producer) => {
        if (!late) await producer.send([policySetOut(changedSet)]);
        late = true;
        return 20 * second;
      },
    });
    expect(late).toBe(true);
    expect(idsOf(read)).toEqual(one);
  });

  it('goes on with what the policy says now, under verdicts of their own', async () => {
    const run = await runDetector(switchingStream(), { published: published(changedSet) });
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
    const run = await runDetector(switchingStream(), { published: published(setWithout) });
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
    const sketches = switchingStream();
    const plain = idsOf(await runDetector(sketches));
    const broken = { ...changedSet, files: [{ name: 'x.yaml', text: 'title: [' }] };
    const hasty = { ...changedSet, published_at: switchAt - leadMs + 1 };
    expect(idsOf(await runDetector(sketches, { published: published(broken, hasty) }))).toEqual(plain);
  });
});
