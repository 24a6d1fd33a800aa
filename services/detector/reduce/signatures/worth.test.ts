import { expect, test } from 'vitest';
import type { Signature } from '../../../../lib/contracts/generated.ts';
import { worthKeeping } from './worth.ts';

const of = (country: string): Signature => ({
  predicates: [{ attribute: 'country', op: 'in', values: [country] }],
  except_good: false,
  good_after: [],
});
const [old, fresh, other] = [of('ID'), of('VN'), of('PL')] as const;

/** Worth of a set by what it is made of: the most that one of them selects, less what each costs. */
const worth =
  (table: ReadonlyMap<Signature, readonly [selects: number, costs: number]>) =>
  (signatures: readonly Signature[]): number => {
    const rows = signatures.map((one) => table.get(one)!);
    return Math.max(0, ...rows.map(([selects]) => selects)) - rows.reduce((sum, [, costs]) => sum + costs, 0);
  };

test('a costly signature goes when a cheaper one selects the same', () => {
  const kept = worthKeeping(
    [old],
    [fresh],
    worth(
      new Map([
        [old, [0.9, 0.1]],
        [fresh, [0.9, 0.01]],
      ]),
    ),
  );
  expect(kept).toEqual([fresh]);
});

test('what is in force and costs nothing stays, and what adds nothing does not come', () => {
  const kept = worthKeeping(
    [old, other],
    [fresh],
    worth(
      new Map([
        [old, [0.9, 0]],
        [other, [0.5, 0]],
        [fresh, [0.9, 0]],
      ]),
    ),
  );
  expect(kept).toEqual([old, other]);
});

test('rules at edges are not changed for chance', () => {
  const table = new Map([
    [old, [0.9, 0.001]],
    [fresh, [0.903, 0]],
  ] as const);
  expect(worthKeeping([old], [fresh], worth(table))).toEqual([old]);
});
