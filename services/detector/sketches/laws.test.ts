import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordType } from '../../../lib/contracts/codecs.ts';
import type { PaneFrame } from '../../../lib/contracts/generated.ts';
import { contribute, createContribution } from '../combine/contribution.ts';
import { GroupAccumulator } from '../combine/group-accumulator.ts';
import { framesOf, groupsOf, plainGroup } from '../frames/frames.ts';
import { flag, sketchNames } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { createRequestFacts, readFacts, readIdentity } from '../state/request-facts.ts';
import { enriched } from '../traffic.test-fixture.ts';
import { BottomK } from './bottom-k.ts';
import { HyperLogLog } from './hyper-log-log.ts';
import { LogHistogram } from './log-histogram.ts';
import { mergePartials } from './merge-partials.ts';

/**
 * One law for everything that crosses partitions: an aggregate of a union is the merge of the aggregates of its parts,
 * however it is cut and in whatever order it is put together, to the last bit. Then what is found cannot depend on how
 * traffic was spread or where a restart cut it.
 */
interface Aggregate<V, S> {
  readonly values: fc.Arbitrary<V>;
  of(values: readonly V[]): S;
  merge(a: S, b: S): S;
  /** What two equal aggregates have equal. */
  shown(aggregate: S): unknown;
  /** Through the form in which it is stored or sent. */
  stored(aggregate: S): S;
}

const half = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

const hyperLogLog: Aggregate<readonly [number, number], HyperLogLog> = {
  values: fc.tuple(half, half),
  of: (values) => {
    const sketch = new HyperLogLog();
    for (const [lo, hi] of values) sketch.add(lo, hi);
    return sketch;
  },
  merge: (a, b) => {
    const sketch = HyperLogLog.fromBytes(a.toBytes());
    sketch.merge(b);
    return sketch;
  },
  shown: (sketch) => [sketch.toBytes().toString('hex'), sketch.count()],
  stored: (sketch) => HyperLogLog.fromBytes(sketch.toBytes()),
};

/** Sketches that served another group before. */
const usedAgain: typeof hyperLogLog = {
  ...hyperLogLog,
  of: (values) => {
    const sketch = new HyperLogLog();
    for (let index = 0; index < 100; index++) sketch.add(index * 7919, index * 104_729);
    sketch.clear();
    for (const [lo, hi] of values) sketch.add(lo, hi);
    return sketch;
  },
};

const histogram: Aggregate<number, LogHistogram> = {
  values: fc.double({ min: 0, max: 1e9, noNaN: true }),
  of: (values) => {
    const sketch = new LogHistogram();
    for (const value of values) sketch.add(value);
    return sketch;
  },
  merge: (a, b) => {
    const sketch = new LogHistogram(a.snapshot());
    sketch.merge(b);
    return sketch;
  },
  shown: (sketch) => [[...sketch.snapshot()], sketch.total, sketch.quantile(0.5), sketch.quantile(0.99)],
  stored: (sketch) => new LogHistogram(sketch.snapshot()),
};

const k = 5;
const bottomOf = (keys: Iterable<number>): BottomK<number> => {
  const sample = new BottomK<number>(k);
  for (const key of keys) if (sample.wants(key)) sample.add(key, key);
  return sample;
};
const bottomK: Aggregate<number, BottomK<number>> = {
  values: fc.oneof(fc.nat({ max: 40 }), fc.maxSafeNat()),
  of: bottomOf,
  merge: (a, b) => bottomOf([...a.items(), ...b.items()]),
  shown: (sample) => sample.items(),
  stored: (sample) => bottomOf(sample.items()),
};

const samples = 4;
const flagSets = [0, flag.direct, flag.failing | flag.direct, flag.succeeding, flag.verified];
const request = fc.record({
  index: fc.nat({ max: 1e6 }),
  ip: fc.nat({ max: 400 }),
  flags: fc.constantFrom(...flagSets),
});
const frameType = recordType('PaneFrame');
/** A frame of one group, as it stands in the log. */
const frameBytes = (group: PaneGroup): Buffer =>
  frameType.toBuffer(
    framesOf({
      source: 0,
      sources: 1,
      paneStart: 0,
      closing: false,
      groups: [group],
      firstOffset: null,
      lastOffset: 0,
      limitBytes: 1e6,
    })[0],
  );
/** Counts, sketches and samples of a group together, as panes send and reduce merges them. */
const partial: Aggregate<{ readonly index: number; readonly ip: number; readonly flags: number }, PaneGroup> =
  {
    values: request,
    of: (values) => {
      const group = new GroupAccumulator(samples, new Set(sketchNames));
      const facts = createRequestFacts();
      const contribution = createContribution();
      for (const { index, ip, flags: of } of values) {
        const event = enriched(
          {
            at: index,
            ip: `192.0.2.${ip % 256}`,
            endpoint: 'GET /api/stock',
            session: `s${index % 90}`,
            params: { sku: String(index % 70) },
          },
          // events of one id are one event: what differs in anything has another id, and so another place in the order
          (index * 401 + ip) * flagSets.length + flagSets.indexOf(of),
        );
        readIdentity(facts, event, 3);
        readFacts(facts, event);
        contribute(contribution, event, of, facts);
        group.add(contribution);
      }
      return plainGroup(group.partial('default', 'endpoint', 'GET x/api/stock'));
    },
    merge: (a, b) => mergePartials([a, b], samples),
    shown: (group) => frameBytes(group).toString('hex'),
    stored: (group) => groupsOf(frameType.fromBuffer(frameBytes(group)) as PaneFrame)[0]!,
  };

function laws<V, S>(name: string, { values, of, merge, shown, stored }: Aggregate<V, S>, runs: number): void {
  describe(name, () => {
    const list = fc.array(values, { maxLength: 60 });
    test('merging is associative and commutative, and gives the aggregate of the union', () => {
      fc.assert(
        fc.property(list, list, list, (a, b, c) => {
          const union = shown(of([...a, ...b, ...c]));
          expect(shown(merge(merge(of(a), of(b)), of(c)))).toEqual(union);
          expect(shown(merge(of(a), merge(of(b), of(c))))).toEqual(union);
          expect(shown(merge(merge(of(c), of(a)), of(b)))).toEqual(union);
        }),
        { numRuns: runs },
      );
    });
    test('nothing is the neutral element, and order of arrival does not show', () => {
      fc.assert(
        fc.property(list, (a) => {
          const whole = shown(of(a));
          expect(shown(merge(of(a), of([])))).toEqual(whole);
          expect(shown(merge(of([]), of(a)))).toEqual(whole);
          expect(shown(of([...a].reverse()))).toEqual(whole);
        }),
        { numRuns: runs },
      );
    });
    test('comes back from its stored form as it was, and goes on from it', () => {
      fc.assert(
        fc.property(list, list, (a, b) => {
          expect(shown(stored(of(a)))).toEqual(shown(of(a)));
          expect(shown(merge(stored(of(a)), stored(of(b))))).toEqual(shown(of([...a, ...b])));
        }),
        { numRuns: runs },
      );
    });
  });
}

laws('HyperLogLog', hyperLogLog, 60);
laws('HyperLogLog used again', usedAgain, 30);
laws('LogHistogram', histogram, 40);
laws('BottomK', bottomK, 100);
laws('group partial: integer counts, sketches, samples', partial, 12);

describe('error against the exact answer', () => {
  test('HyperLogLog: within four standard errors from one to a hundred thousand, as a list and as registers', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(1, 10, 24, 25, 200, 3000, 100_000), (seed, truth) => {
        const sketch = new HyperLogLog();
        let state = seed;
        const next = (): number => {
          state = (state + 0x6d2b79f5) | 0;
          let value = Math.imul(state ^ (state >>> 15), 1 | state);
          value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
          return value ^ (value >>> 14);
        };
        for (let index = 0; index < truth; index++) sketch.add(next(), next());
        expect(Math.abs(sketch.count() - truth)).toBeLessThanOrEqual(Math.max(1, truth * 4 * 0.023));
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  test('BottomK: the k smallest, whatever came first', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 1e6 }), { maxLength: 80 }), (values) => {
        const kept = bottomOf(values).items();
        expect(kept).toEqual([...values].sort((a, b) => a - b).slice(0, k));
      }),
    );
  });

  test('LogHistogram: every quantile within 4.9 % of the value of that rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sketch = histogram.of(values);
          const exact = [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!;
          expect(Math.abs(sketch.quantile(q)! - exact) / exact).toBeLessThan(0.0489);
        },
      ),
    );
    expect(new LogHistogram().quantile(0.5)).toBeNull();
    expect(histogram.of([0, 0.0001]).quantile(1)).toBe(0);
  });
});
