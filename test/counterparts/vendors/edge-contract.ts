import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Signature, Target } from '../../../lib/contracts/generated.ts';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import { canonicalSignature } from '../../../lib/signature/signature.ts';
import {
  type Edge,
  EdgeError,
  type EdgeFault,
  type Entry,
  type VendorEdgeDependencies,
} from '../../../services/actuator/edge.ts';
import { isEmpty, type Plan, reconcile } from '../../../services/actuator/reconcile.ts';
import { createVendorHttp } from '../../../services/actuator/vendor/vendor-http.ts';
import { plainEntry } from '../edge-fixture.ts';
import type { StandIn } from './stand-in.ts';
import { type Mishap, mishaps } from './vendor-server.ts';

/** A stand-in and how the edge under test is set up for it. */
export interface EdgeUnderTest {
  readonly standIn: StandIn;
  create(dependencies: VendorEdgeDependencies): Edge;
  close(): Promise<void>;
}

export interface EdgeContract {
  readonly name: string;
  /** A fresh stand-in whose lists hold `capacity` entries of each pool. */
  start(capacity: number): Promise<EdgeUnderTest>;
  /** Targets that the edge can hold; at least 6. */
  readonly targets: readonly Target[];
  /** Keys of foreign entries. Empty: the edge has nothing that could be foreign. */
  readonly foreign: readonly string[];
  /** Foreign content is refused (a list that is replaced as a whole) instead of being left alone. */
  readonly refusesForeign: boolean;
  /** How often the property runs. */
  readonly runs?: number;
  /** What the edge says when its list is gone; `missing` where there is no list that could be. */
  readonly vanished?: EdgeFault | null;
  /** False for edges that are told things and can not be read. */
  readonly readable?: boolean;
}

export const ip = (value: string): Target => ({
  kind: value.includes('/') ? 'cidr' : 'ip',
  value,
  signature: null,
});
/** A signature of predicates `[attribute, operator, ...values]`. */
export const signatureTarget = (
  ...predicates: readonly (readonly [string, string, ...string[]])[]
): Target => {
  const signature: Signature = {
    predicates: predicates.map(([attribute, op, ...values]) => ({ attribute, op, values })),
    except_good: false,
    good_after: [],
  };
  return { kind: 'signature', value: canonicalSignature(signature), signature };
};
export const other = (kind: string, value: string): Target => ({ kind, value, signature: null });

let clock = 1_800_000_000_000;
/** The time that edges under test live in; it runs an hour for each request. */
export const testClock = (): number => clock;

export function entryFor(target: Target, more: Partial<Entry> = {}): Entry {
  return plainEntry(target, {
    decisionId: `dec_${Buffer.from(target.value).toString('hex').slice(0, 24)}`,
    reason: 'failing logins',
    requests: 10,
    decidedAt: clock,
    updatedAt: clock,
    expiresAt: 1_900_000_000_000,
    ...more,
  });
}

export function dependenciesFor(more: Partial<VendorEdgeDependencies> = {}): VendorEdgeDependencies {
  const files = new Map<string, Uint8Array>();
  const store = {
    read: async (name: string) => files.get(name) ?? null,
    write: async (name: string, bytes: Uint8Array) => void files.set(name, bytes),
  };
  return {
    name: 'edge',
    isArmed: () => true,
    now: () => clock,
    exempt: () => [],
    ended: () => [],
    // One hour for each look at the clock: neither Retry-After nor an open circuit holds a test up.
    vendorHttp: createVendorHttp({
      store,
      metrics: createMetrics(),
      logger: silentLogger,
      now: () => {
        clock += 3_600_000;
        return clock;
      },
      random: () => 0,
    }),
    ...more,
  };
}

/** With a clock that stands still: budgets, pauses and sessions as in one moment. */
export function steadyDependencies(): VendorEdgeDependencies {
  const store = { read: async () => null, write: async () => {} };
  const metrics = createMetrics();
  const vendorHttp = createVendorHttp({
    store,
    metrics,
    logger: silentLogger,
    now: testClock,
    random: () => 0,
  });
  return dependenciesFor({ vendorHttp });
}

const signal = new AbortController().signal;

/** One look, and what it would change. */
export async function planOf(
  edge: Edge,
  desired: readonly Entry[],
  known: ReadonlySet<string>,
): Promise<Plan> {
  return reconcile(desired, await edge.observe(signal, desired), edge.descriptor, {
    adopt: false,
    known: (key) => known.has(key),
    inexpressible: (entry) => edge.inexpressible?.(entry) ?? null,
    maxUnexplainedShare: 0.2,
    clientsOf: () => 'browser',
  });
}

/** What the loop does, without its waits: look, plan, apply, look again, until nothing is left to do. */
export async function converge(
  edge: Edge,
  desired: readonly Entry[],
  known: ReadonlySet<string>,
  rounds = 60,
): Promise<Plan> {
  let last: unknown = null;
  for (let round = 0; round < rounds; round++) {
    try {
      const plan = await planOf(edge, desired, known);
      if (isEmpty(plan) && plan.pending === null) return plan;
      if (isEmpty(plan)) continue;
      await edge.apply(plan, signal);
      // What was accepted may take a few looks to show.
      for (let look = 0; look < 4 && (edge.descriptor.visibleWithinMs ?? 0) > 0; look++)
        if (isEmpty(await planOf(edge, desired, known))) break;
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      last = error;
    }
  }
  throw new Error(`not in step after ${rounds} rounds: ${last}`);
}

/** The promises of every vendor edge, whatever goes wrong at whatever call. */
export function edgeContract(contract: EdgeContract): void {
  const { targets, foreign } = contract;
  const started: EdgeUnderTest[] = [];
  const start = async (capacity = 100) => {
    const under = await contract.start(capacity);
    started.push(under);
    return { ...under, edge: under.create(dependenciesFor()) };
  };
  afterEach(async () => {
    for (const under of started.splice(0)) await under.close();
  });

  describe(`${contract.name}: the contract of vendor edges`, () => {
    test('converges from any state with any fault at any call, leaves foreign entries, keeps its capacity', async () => {
      const stage = fc.record({
        wanted: fc.subarray([...targets]),
        faults: fc.array(fc.option(fc.constantFrom<Mishap>(...mishaps), { nil: null, freq: 2 }), {
          maxLength: 8,
        }),
      });
      const plan = fc.record({
        capacity: fc.integer({ min: 3, max: targets.length + 2 }),
        foreign: fc.subarray([...foreign], {
          maxLength: contract.refusesForeign ? 0 : Math.min(2, foreign.length),
        }),
        stages: fc.array(stage, { minLength: 1, maxLength: 3 }),
      });
      await fc.assert(
        fc.asyncProperty(plan, async ({ capacity, foreign: planted, stages }) => {
          const { standIn, edge } = await start(capacity);
          standIn.plant(planted);
          const known = new Set<string>();
          for (const { wanted, faults } of stages) {
            const desired = wanted.map((target) => entryFor(target));
            for (const entry of desired) known.add(entry.key);
            const from = standIn.server.calls.length;
            standIn.server.mishap = (call) => faults[call.index - from] ?? null;
            const settled = await converge(edge, desired, known);
            expect(standIn.violations).toEqual([]);
            const content = settled.content.map((entry) => entry.key);
            expect([...standIn.keys()].sort()).toEqual([...new Set([...content, ...planted])].sort());
            for (const pool of edge.descriptor.pools) {
              const fitting = desired.filter(
                (entry) => pool.holds.includes(entry.kind) && !planted.includes(entry.key),
              );
              const taken = planted.filter((key) =>
                pool.holds.some((kind) => key.startsWith(`${kind}|`)),
              ).length;
              const here = settled.content.filter((entry) => pool.holds.includes(entry.kind)).length;
              if (pool.slotsOf === undefined && edge.inexpressible === undefined)
                expect(here).toBe(Math.min(fitting.length, Math.max(0, pool.capacity - taken)));
            }
          }
          await edge.close();
        }),
        { numRuns: contract.runs ?? 8 },
      );
    }, 90_000);

    test('silence is a fault like another', async () => {
      const { standIn, edge } = await start();
      let isSilent = true;
      standIn.server.mishap = ({ method }) => {
        if (method === 'GET' || !isSilent) return null;
        isSilent = false;
        return 'silent';
      };
      const desired = targets.slice(0, 2).map((target) => entryFor(target));
      await converge(edge, desired, new Set());
      expect(isSilent).toBe(false);
      expect(standIn.keys().length).toBe(2);
    });

    test('in step, it writes nothing', async () => {
      const { standIn, edge } = await start();
      const desired = targets.slice(0, 5).map((target) => entryFor(target));
      await converge(edge, desired, new Set());
      const before = standIn.server.calls.length;
      await converge(edge, desired, new Set());
      const writes = standIn.server.calls
        .slice(before)
        .filter(({ method, path }) => method !== 'GET' && !/\/(login|token)$/.test(path));
      if (contract.readable !== false) expect(writes.map(({ path }) => path)).toEqual([]);
    });

    test('a new process takes over what the last one wrote, and takes back what has ended', async () => {
      const { standIn, edge, create } = await start();
      const desired = targets.slice(0, 4).map((target) => entryFor(target));
      const known = new Set(desired.map((entry) => entry.key));
      await converge(edge, desired, known);
      const next = create(dependenciesFor({ ended: () => desired.slice(2) }));
      await converge(next, desired.slice(0, 2), known);
      expect([...standIn.keys()].sort()).toEqual(
        desired
          .slice(0, 2)
          .map((entry) => entry.key)
          .sort(),
      );
    });

    test('a wrong credential and a vanished list are faults that say so', async () => {
      const { standIn, edge } = await start();
      const wanted = [entryFor(targets[0]!)];
      const fails = () =>
        planOf(edge, wanted, new Set())
          .then((plan) => edge.apply(plan, signal))
          .then(
            () => null,
            (error: EdgeError) => error,
          );
      if (contract.vanished !== null) {
        standIn.vanish();
        expect((await fails())?.fault).toBe(contract.vanished ?? 'missing');
      }
      standIn.revoke();
      expect((await fails())?.fault).toBe('credential');
    });

    if (contract.refusesForeign)
      test('foreign content is refused, and stays', async () => {
        const { standIn, edge } = await start();
        const old = entryFor(targets[0]!);
        await converge(edge, [old], new Set());
        standIn.plant(foreign.slice(0, 1));
        const plan = await planOf(edge, [entryFor(targets[1]!)], new Set([old.key]));
        expect(plan.refused).toMatch(/did not write/);
        await edge.apply(plan, signal);
        expect(standIn.keys()).toEqual(foreign.slice(0, 1));
      });
  });
}
