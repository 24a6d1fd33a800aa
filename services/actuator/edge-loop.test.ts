import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { capacity, type Fault, simulatedEdge } from '../../test/counterparts/simulated-edge.ts';
import type { EdgeMode } from './arming.ts';
import { createChangedKeys } from './changed-keys.ts';
import { unlimitedCapacity } from './choose-entries.ts';
import { createCommandBook } from './decider/command-book.ts';
import { createProtection } from './decider/protection.ts';
import { contributionOf, type DesiredChanges, entryOf } from './desired.ts';
import { type Edge, EdgeError, type Entry, type ObservedEntry } from './edge.ts';
import { type EdgeLoop, startEdgeLoop } from './edge-loop.ts';

const protection = createProtection({ networks: [], files: [], shippedFolder: null }, createCommandBook());
const desiredOptions = { protection, isKilled: () => false, sites: [] };
/** Through what decides on desired entries, so that protection is asked. */
function wanted(value: string, requests: number): Entry | null {
  const cause = {
    kind: 'verdict',
    id: value,
    policy_id: null,
    campaign_id: null,
    decided_at: 0,
    until_at: 1000,
    released_at: null,
    action: 'block',
    mode: 'enforce',
    level: 'high',
    reason: null,
    revision: 1,
    requests,
  };
  const target = { kind: value.includes('/') ? 'cidr' : 'ip', value, signature: null };
  return contributionOf(
    {
      decision_id: `dec_${value}`,
      revision: 1,
      updated_at: 0,
      site: 'default',
      target,
      action: 'block',
      mode: 'enforce',
      state: 'active',
      level: 'high',
      reason: '',
      decided_at: 0,
      expires_at: 1000,
      times: 1,
      causes: [cause],
      requests,
    },
    1,
    desiredOptions,
  ).entry;
}
const seen = (value: string, owner: ObservedEntry['owner']): ObservedEntry => ({
  ...entryOf({ kind: 'ip', value, signature: null })!,
  owner,
  decisionId: null,
  action: null,
  expiresAt: null,
});

function loopOn(
  edge: Edge,
  desired: () => readonly Entry[],
  more: {
    readonly hold?: () => AbortSignal | null;
    readonly mode?: () => EdgeMode;
    readonly explains?: (entry: ObservedEntry) => boolean;
    readonly letsGo?: () => boolean;
    readonly maxUnexplainedShare?: number;
    readonly changes?: () => DesiredChanges;
    readonly verifyEveryMs?: number;
  } = {},
): EdgeLoop {
  const alive = new AbortController().signal;
  return startEdgeLoop({
    name: 'simulated',
    edge,
    arming: () => ({ mode: more.mode?.() ?? 'armed', because: 'test' }),
    adopt: false,
    maxUnexplainedShare: more.maxUnexplainedShare ?? 1,
    desired: () => ({
      entries: desired(),
      suppressed: 0,
      nextChangeAt: Number.POSITIVE_INFINITY,
      ...(more.changes === undefined ? {} : { changes: more.changes() }),
    }),
    known: () => true,
    explains: more.explains ?? (() => true),
    letsGo: more.letsGo ?? (() => false),
    clientsOf: () => 'unknown',
    hold: more.hold ?? (() => alive),
    capacity: () => unlimitedCapacity,
    holdAddition: () => null,
    isBlind: () => false,
    audit: { record: async () => {} },
    verifyEveryMs: more.verifyEveryMs ?? 3,
    backoffMs: { base: 1, cap: 2 },
    now: Date.now,
    random: () => 0.5,
    logger: silentLogger,
    metrics: createMetrics(),
  });
}
async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 20_000 && !check(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 1));
}

const fault = fc.constantFrom<Fault>('none', 'before', 'after', 'half', 'conflict', 'throttled');
const address = fc.constantFrom(
  '203.0.113.1',
  '203.0.113.2',
  '203.0.113.3',
  '203.0.113.4',
  '203.0.113.5',
  '10.0.0.1',
);
const world = fc.record({
  desired: fc.uniqueArray(fc.tuple(address, fc.nat(50)), { selector: ([value]) => value }),
  content: fc.uniqueArray(fc.tuple(address, fc.constantFrom('ours' as const, 'foreign' as const)), {
    selector: ([value]) => value,
    maxLength: capacity,
  }),
  faults: fc.array(fault, { maxLength: 12 }),
});
const entriesOf = (desired: readonly (readonly [string, number])[]): Entry[] =>
  desired.flatMap(([value, requests]) => wanted(value, requests) ?? []);

/** In step: what is foreign, and of what is wanted as much as fits beside it. */
function isConverged(content: readonly ObservedEntry[], desired: readonly Entry[]): boolean {
  const foreign = new Set(content.filter(({ owner }) => owner === 'foreign').map(({ key }) => key));
  const ours = content.filter(({ key }) => !foreign.has(key));
  const keys = new Set(desired.map(({ key }) => key));
  const open = desired.filter(({ key }) => !foreign.has(key)).length;
  return ours.every(({ key }) => keys.has(key)) && ours.length === Math.min(open, capacity - foreign.size);
}

test('from any state, with any fault at any call, the edge comes in step and nothing forbidden ever happens', async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.constantFrom(0, 8), async ({ desired, content, faults }, visibleWithinMs) => {
      const start = content.map(([value, owner]) => seen(value, owner));
      const simulated = simulatedEdge({ content: start, faults, lock: 'none', visibleWithinMs });
      const entries = entriesOf(desired);
      const loop = loopOn(simulated.open(), () => entries);
      const isDone = () => loop.status().state === 'in_step' && isConverged(simulated.content(), entries);
      await until(isDone);
      await loop.close();
      expect(isConverged(simulated.content(), entries)).toBe(true);
      expect(simulated.broken).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 120_000);

/** What is wanted, with a memory of its changes. */
function changingDesired() {
  const entries = new Map<string, Entry>();
  const changed = createChangedKeys(100);
  return {
    set(next: readonly Entry[]): void {
      const before = new Map(entries);
      entries.clear();
      for (const entry of next) {
        entries.set(entry.key, entry);
        if (!before.delete(entry.key)) changed.add(entry.key);
      }
      for (const key of before.keys()) changed.add(key);
    },
    entries: () => [...entries.values()],
    changes: (): DesiredChanges => ({
      version: changed.version,
      since: changed.since,
      entry: (key) => entries.get(key),
    }),
  };
}

test('changes alone, with any fault at any call and a stranger at work, come out as whole looks do', async () => {
  const meddling = fc.constantFrom('no' as const, 'no' as const, 'adds' as const, 'removes' as const);
  const step = fc.record({ desired: world.map(({ desired }) => desired), meddling, waitMs: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(world, fc.array(step, { maxLength: 6 }), async ({ content, faults }, steps) => {
      const start = content.map(([value, owner]) => seen(value, owner));
      const simulated = simulatedEdge({
        content: start,
        faults,
        lock: 'none',
        visibleWithinMs: 0,
        tells: true,
      });
      const desired = changingDesired();
      const loop = loopOn(simulated.open(), desired.entries, { changes: desired.changes, verifyEveryMs: 20 });
      for (const each of steps) {
        await new Promise((resolve) => setTimeout(resolve, each.waitMs));
        desired.set(entriesOf(each.desired));
        const [first] = simulated.content().filter(({ owner }) => owner === 'ours');
        if (each.meddling === 'removes' && first !== undefined) simulated.meddle(first.key, null);
        // Only where there is room: what overflows by a stranger's hand is nobody's fault here.
        const extra = seen('203.0.113.9', 'ours');
        if (each.meddling === 'adds' && simulated.content().length < capacity)
          simulated.meddle(extra.key, extra);
        loop.wake();
      }
      await until(
        () => loop.status().state === 'in_step' && isConverged(simulated.content(), desired.entries()),
      );
      await loop.close();
      expect(isConverged(simulated.content(), desired.entries())).toBe(true);
      expect(simulated.broken.filter((each) => !/entries$/.test(each))).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('an edge that tells whether it is as it was left is looked at once for many changes; in doubt, again', async () => {
  const simulated = simulatedEdge({ content: [], faults: [], lock: 'none', visibleWithinMs: 0, tells: true });
  const desired = changingDesired();
  const loop = loopOn(simulated.open(), desired.entries, { changes: desired.changes, verifyEveryMs: 60_000 });
  await until(() => loop.status().state === 'in_step');
  const values = () => simulated.content().map(({ value }) => value);
  const bring = async (...addresses: string[]): Promise<void> => {
    desired.set(entriesOf(addresses.map((value) => [value, 1])));
    loop.wake();
    const wantedText = addresses.map((value) => `${value}/32`).join();
    await until(() => values().join() === wantedText && loop.status().desired === addresses.length);
    expect(values().join()).toBe(wantedText);
  };
  const looks = simulated.calls.observe;
  await bring('203.0.113.1');
  await bring('203.0.113.1', '203.0.113.2');
  await bring('203.0.113.2');
  expect(simulated.calls).toMatchObject({ observe: looks, apply: 3 });
  expect(loop.status()).toMatchObject({ state: 'in_step', desired: 1, observed: 1, drift: 0 });
  // Nobody says that somebody else was there: the next change finds out.
  simulated.meddle('ip4|203.0.113.2/32', null);
  await bring('203.0.113.2', '203.0.113.3');
  expect(simulated.calls.observe).toBeGreaterThan(looks);
  const before = simulated.calls.observe;
  loop.lookAnew();
  await until(() => simulated.calls.observe > before);
  expect(simulated.calls.observe).toBe(before + 1);
  await loop.close();
});

test('two actuators at one locked edge, one of them killed: in step, no duplicate, no orphan', async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.nat(8), async ({ desired, content, faults }, killAfterMs) => {
      const start = content.map(([value, owner]) => seen(value, owner));
      const simulated = simulatedEdge({ content: start, faults, lock: 'token', visibleWithinMs: 0 });
      let entries = entriesOf(desired);
      const first = loopOn(simulated.open(), () => entries);
      const second = loopOn(simulated.open(), () => entries);
      await new Promise((resolve) => setTimeout(resolve, killAfterMs));
      entries = entries.slice(1);
      await first.close();
      await until(() => second.status().state === 'in_step' && isConverged(simulated.content(), entries));
      await second.close();
      expect(isConverged(simulated.content(), entries)).toBe(true);
      expect(simulated.broken.filter((each) => each !== 'two writers at once')).toEqual([]);
    }),
    { numRuns: 30 },
  );
}, 120_000);

test('a lost lease ends the apply in flight, and the edge has one writer', async () => {
  const simulated = simulatedEdge({ content: [], faults: [], lock: 'none', visibleWithinMs: 0 });
  const entries = entriesOf([['203.0.113.1', 1]]);
  const lease = new AbortController();
  let holds = true;
  const loop = loopOn(simulated.open(), () => entries, {
    hold: () => {
      if (!holds) return null;
      holds = false;
      // Lost right after it was asked for, with the apply under way.
      setImmediate(() => lease.abort());
      return lease.signal;
    },
  });
  await until(() => loop.status().state === 'standby');
  await loop.close();
  expect(loop.status().state).toBe('standby');
  expect(simulated.content()).toEqual([]);
});

test('winding down takes back what ends and adds nothing; a purge takes out all of ours and nothing else', async () => {
  const simulated = simulatedEdge({
    content: [seen('203.0.113.1', 'ours'), seen('203.0.113.2', 'ours'), seen('203.0.113.3', 'foreign')],
    faults: ['none', 'half', 'before'],
    lock: 'none',
    visibleWithinMs: 0,
  });
  const entries = entriesOf([
    ['203.0.113.1', 1],
    ['203.0.113.4', 1],
  ]);
  let mode: EdgeMode = 'winding_down';
  const loop = loopOn(simulated.open(), () => entries, { mode: () => mode });
  const values = () => simulated.content().map(({ value }) => value);
  await until(() => loop.status().state === 'disarmed' && values().length === 2);
  expect(values().sort()).toEqual(['203.0.113.1/32', '203.0.113.3/32']);
  mode = 'purging';
  loop.wake();
  await until(() => loop.status().state === 'purged');
  expect(values()).toEqual(['203.0.113.3/32']);
  await loop.close();
});

test('an edge that can not be closed cleanly keeps nobody from closing the rest', async () => {
  const simulated = simulatedEdge({ content: [], faults: [], lock: 'none', visibleWithinMs: 0 });
  const loop = loopOn(
    { ...simulated.open(), close: () => Promise.reject(new EdgeError('unavailable', 'no room on the disk')) },
    () => [],
  );
  await until(() => loop.status().state === 'in_step');
  await expect(loop.close()).resolves.toBeUndefined();
});

test('a list that falls without reason is held back, told of and counted, until the reason comes or a person lets go', async () => {
  const there = Array.from({ length: 12 }, (_, host) => seen(`203.0.113.${host}`, 'ours'));
  const simulated = simulatedEdge({ content: there, faults: [], lock: 'none', visibleWithinMs: 0 });
  const over = new Set<string>();
  let letsGo = false;
  const loop = loopOn(simulated.open(), () => entriesOf([['203.0.113.0', 1]]), {
    maxUnexplainedShare: 0.2,
    explains: ({ value }) => over.has(value),
    letsGo: () => letsGo,
  });
  await until(() => loop.status().state === 'held');
  expect(loop.status()).toMatchObject({ state: 'held', held: 11, observed: 12 });
  expect(loop.status().detail).toMatch(/^11 of 12 entries/);
  // What ends goes, and the rest stays held although it is few by now.
  for (const host of [1, 2, 3, 4, 5, 6]) over.add(`203.0.113.${host}/32`);
  loop.wake();
  await until(() => simulated.content().length === 6 && loop.status().state === 'held');
  expect(loop.status()).toMatchObject({ state: 'held', held: 5 });
  letsGo = true;
  loop.wake();
  await until(() => loop.status().state === 'in_step');
  expect(simulated.content().map(({ value }) => value)).toEqual(['203.0.113.0/32']);
  expect(loop.status().held).toBe(0);
  await loop.close();
});
