import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { minedAttributes } from '../../layout.ts';
import { isNameable } from '../../nameable.ts';
import type { Weighted } from './weighted.ts';

type Attribute = (typeof minedAttributes)[number];

/** What a handshake or a browser settles by itself: that a client shows both is no choice of the person. */
const settles: readonly (readonly [given: Attribute, told: readonly Attribute[]])[] = [
  ['ja4', ['browser', 'platform', 'http_version', 'tls_version']],
  ['ja3', ['browser', 'platform', 'http_version', 'tls_version']],
  ['browser', ['http_version', 'tls_version', 'platform']],
];
/** So many samples of people with a value tell what comes with it. */
const leastKnown = 50;
/** Values that this much of the excess has are looked at, and only what this much of it shows is worth a try. */
const least = { given: 0.1, told: 0.05 } as const;
const mostGiven = 3;
const largestSet = 64;

type Told = ReadonlyMap<string | null, number>;

/** Good samples stay the same while signatures are looked for: what comes with a value is gathered once. */
const known = new WeakMap<readonly Weighted[], Map<string, Told>>();

function toldAmong(good: readonly Weighted[], given: number, value: string, told: number): Told {
  let tables = known.get(good);
  if (tables === undefined) {
    tables = new Map();
    known.set(good, tables);
  }
  const id = `${given} ${told} ${value}`;
  let table = tables.get(id) as Map<string | null, number> | undefined;
  if (table === undefined) {
    table = new Map();
    for (const { sample } of good) {
      if (sample.attributes[given] !== value) continue;
      const shown = sample.attributes[told] ?? null;
      table.set(shown, (table.get(shown) ?? 0) + 1);
    }
    tables.set(id, table);
  }
  return table;
}

/** The values that much of the excess has, the most frequent first. */
function frequent(excess: readonly Weighted[], at: number): string[] {
  const by = new Map<string, number>();
  let total = 0;
  for (const { sample, weight } of excess) {
    total += weight;
    const value = sample.attributes[at] ?? null;
    if (value !== null && isNameable(value)) by.set(value, (by.get(value) ?? 0) + weight);
  }
  return [...by]
    .filter(([, weight]) => weight >= least.given * total)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, mostGiven)
    .map(([value]) => value);
}

/**
 * Conjunctions worth trying of a value and what nobody among the good shows together with it: the handshake of one browser
 * under the name of another, a browser that speaks an HTTP version it never speaks. Each half may be common among people.
 * What is gathered of `good` is kept for calls with the same array, which must not change.
 */
export function contradictions(excess: readonly Weighted[], good: readonly Weighted[]): Predicate[][] {
  const found: Predicate[][] = [];
  const total = excess.reduce((sum, { weight }) => sum + weight, 0);
  for (const [attribute, others] of settles) {
    const given = minedAttributes.indexOf(attribute);
    for (const value of frequent(excess, given))
      for (const other of others) {
        const told = minedAttributes.indexOf(other);
        const among = toldAmong(good, given, value, told);
        const samples = [...among.values()].reduce((sum, count) => sum + count, 0);
        const values = [...among.keys()].filter((shown) => shown !== null).sort();
        if (samples < leastKnown || values.length === 0 || values.length > largestSet) continue;
        if (!values.every(isNameable)) continue;
        let unlike = 0;
        for (const { sample, weight } of excess) {
          const shown = sample.attributes[told] ?? null;
          if (sample.attributes[given] === value && shown !== null && !among.has(shown)) unlike += weight;
        }
        if (unlike >= least.told * total)
          found.push([
            { attribute, op: 'in', values: [value] },
            { attribute: other, op: 'not_in', values },
          ]);
      }
  }
  return found;
}
