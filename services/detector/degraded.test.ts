import { expect, test } from 'vitest';
import { Losses } from './combine/losses.ts';
import { switchingStream } from './policies/switching.test-fixture.ts';
import { runDetector } from './run.test-fixture.ts';

test('what a full table may have changed is said, and nothing else', { timeout: 60_000 }, async () => {
  const sketches = switchingStream();
  const plain = await runDetector(sketches);
  expect(plain.verdicts.length).toBeGreaterThan(1);
  expect([...plain.verdicts, ...plain.campaigns].flatMap(({ degraded }) => degraded)).toEqual([]);

  const tight = await runDetector(sketches, {
    config: { limits: { actors: 100, groups: 3 }, campaign: { members: 20, member_after: 1 } },
  });
  // the table of clients is full in the middle of the attack, that of groups from the start
  const campaign = tight.campaigns.filter(({ kind }) => kind === 'stuffing').at(-1)!;
  expect(campaign.degraded).toEqual(['actors', 'groups']);
  const signatures = tight.verdicts.filter(({ target }) => target.kind === 'signature');
  expect(signatures.length).toBeGreaterThan(0);
  for (const { degraded } of signatures) expect(degraded).toContain('groups');
  const members = tight.verdicts.filter(({ target, campaign_id: id }) => target.kind === 'ip' && id !== null);
  expect(members[0]!.degraded).toEqual(['groups']);
  expect(members.at(-1)!.degraded).toEqual(expect.arrayContaining(['actors', 'groups', 'members']));
});

test('each reducer is told of a loss once, also by a partition that moved in between', () => {
  const site = (name: string) => ({
    site: name,
    kind: 'site',
    key: '',
    counts: [],
    sketches: [],
    samples: [],
  });
  const losses = new Losses();
  const told = (from: Losses, target: number, actors: number) =>
    from
      .tell(target, { actors }, [site('a'), site('b')])
      .map((group) => [group.site, group.key, group.counts]);
  expect(told(losses, 0, 0)).toEqual([]);
  expect(told(losses, 0, 5)).toEqual([
    ['a', 'actors', [5]],
    ['b', 'actors', [5]],
  ]);
  expect(told(losses, 0, 5)).toEqual([]);
  // the counters of tables begin at zero again after a move
  const moved = new Losses(losses.snapshot([0, 1], { actors: 7 }));
  expect(told(moved, 0, 1)[0]).toEqual(['a', 'actors', [3]]);
  expect(told(moved, 1, 1)[0]).toEqual(['a', 'actors', [8]]);
  expect(told(moved, 1, 1)).toEqual([]);
});
