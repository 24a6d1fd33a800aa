import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { isOfEndUser } from '../../../../lib/signature/attributes.ts';
import { minedAttributes } from '../../layout.ts';
import { isNameable } from '../../nameable.ts';
import { weightBeforeUpdate } from './app-updates.ts';
import type { Weighted } from './weighted.ts';

/** Attributes where "none of the values that good clients have" says something about values not seen yet. */
const complementOf: ReadonlySet<string> = new Set([
  'country',
  'asn',
  'end_user_country',
  'end_user_asn',
  'ja4',
  'ja3',
  'platform',
  'http_version',
]);
/** As many values as an edge can list, of which those that good clients favour may be left out. */
const favouredOf: ReadonlySet<string> = new Set([...complementOf, 'browser', 'accept_language']);
const numeric: ReadonlySet<string> = new Set(['browser_version']);
/** A value must be this much more frequent in the excess to stand in a set. */
export const leastLift = 4;
/** The same where most good clients are spared: then to leave out what the rest has in common suffices. */
export const leastLiftSparing = 1.5;
/** Values this much less frequent in the excess than among the good are left out, where most of them are spared. */
const favoured = [1, 0.4] as const;
/** What this much of the excess has, and the good have less often, may tell together with another such attribute. */
const common = { share: 0.3, lift: 1.5 } as const;
const largestSet = 64;
const singlesPerAttribute = 6;

interface Shares {
  readonly by: ReadonlyMap<string | null, number>;
  readonly total: number;
}

function shares(of: readonly Weighted[], at: number): Shares {
  const by = new Map<string | null, number>();
  let total = 0;
  for (const { sample, weight } of of) {
    const value = sample.attributes[at] ?? null;
    by.set(value, (by.get(value) ?? 0) + weight);
    total += weight;
  }
  return { by, total };
}

const sharesOfGood = new WeakMap<readonly Weighted[], (Shares | undefined)[]>();

/** Good samples stay the same while signatures are looked for: each attribute is added up once. */
function sharesAmongGood(good: readonly Weighted[], at: number): Shares {
  let known = sharesOfGood.get(good);
  if (known === undefined) {
    known = [];
    sharesOfGood.set(good, known);
  }
  const found = known[at] ?? shares(good, at);
  known[at] = found;
  return found;
}

/** Requests per address or network from which it is worth naming: below, the next one will be another. */
const repeating = 4;
/** Addresses per network from which they rotate in it; below, its network is but another name of an address. */
const rotating = 2;
const networkAt = minedAttributes.indexOf('network_24_48');

export interface Naming {
  readonly addresses: boolean;
  readonly networks: boolean;
}

/** Addresses may rotate within a few networks, and then only these come again. */
export function namingOf(excess: readonly Weighted[], clients: number, total: number): Naming {
  const networks = new Set(excess.map(({ sample }) => sample.attributes[networkAt]));
  return {
    addresses: total >= repeating * clients,
    networks: total >= repeating * networks.size && clients >= rotating * networks.size,
  };
}

const byText = ([a]: readonly [string, number], [b]: readonly [string, number]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/**
 * Predicates worth trying: frequent in the excess, and rare among the good, or at least rarer, where a second one may tell
 * together with it. `naming` says which of addresses and
 * networks come again often enough to be worth naming.
 * `sparing`: most good clients are spared, and `good` are those who are not: a rule need not be clean, it need only
 * leave out a part of them.
 * Deterministic in order. What is added up of `good` is kept for calls with the same array, which must not change.
 */
export function candidatePredicates(
  excess: readonly Weighted[],
  good: readonly Weighted[],
  naming: Naming,
  sparing: boolean,
): Predicate[] {
  const found: Predicate[] = [];
  const lift = sparing ? leastLiftSparing : leastLift;
  minedAttributes.forEach((attribute, at) => {
    if (attribute === 'client_ip' && !naming.addresses) return;
    if (attribute === 'network_24_48' && !naming.networks) return;
    if (sparing && isOfEndUser(attribute)) return;
    const bad = shares(excess, at);
    const fine = sharesAmongGood(good, at);
    if (bad.total === 0) return;
    const badShare = (value: string | null): number => (bad.by.get(value) ?? 0) / bad.total;
    // half a sample of doubt: a value not seen among few good samples is not thereby unknown to them
    const fineShare = (value: string | null): number =>
      ((fine.by.get(value) ?? 0) + weightBeforeUpdate(good, attribute, value) + 0.5) / (fine.total + 1);
    const rising = [...bad.by.keys()]
      .filter(
        (value): value is string =>
          isNameable(value) &&
          badShare(value) >= (badShare(value) >= common.share ? common.lift : lift) * fineShare(value),
      )
      .map((value) => [value, badShare(value) - fineShare(value)] as const)
      .sort((a, b) => b[1] - a[1] || byText(a, b));

    if (numeric.has(attribute)) {
      const values = [...bad.by.keys()].filter((value) => value !== null).map(Number);
      values.sort((a, b) => a - b);
      const picks = new Set(
        [0, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 1].map((q) => values[Math.floor(q * (values.length - 1))]),
      );
      for (const value of picks) {
        if (value === undefined) continue;
        found.push({ attribute, op: 'lte', values: [String(value)] });
        found.push({ attribute, op: 'gte', values: [String(value)] });
      }
    }
    for (const [value, gain] of rising.slice(0, singlesPerAttribute))
      if (gain >= 0.05) found.push({ attribute, op: 'in', values: [value] });
    if (rising.length > 1)
      found.push({
        attribute,
        op: 'in',
        values: rising
          .slice(0, largestSet)
          .map(([value]) => value)
          .sort(),
      });
    if (complementOf.has(attribute)) {
      const usual = [...fine.by.entries()]
        .filter((entry): entry is [string, number] => isNameable(entry[0]) && entry[1] / fine.total >= 0.003)
        .sort((a, b) => b[1] - a[1] || byText(a, b))
        .slice(0, largestSet)
        .map(([value]) => value)
        .sort();
      const outside = [...bad.by.entries()].reduce(
        (total, [value, weight]) => total + (value !== null && !usual.includes(value) ? weight : 0),
        0,
      );
      if (usual.length > 0 && outside / bad.total >= 0.2)
        found.push({ attribute, op: 'not_in', values: usual });
    }
    if (sparing && favouredOf.has(attribute))
      for (const most of favoured) {
        const values = [...fine.by.entries()]
          .filter(
            (entry): entry is [string, number] =>
              isNameable(entry[0]) && badShare(entry[0]) < (most * entry[1]) / fine.total,
          )
          .sort((a, b) => b[1] - a[1] || byText(a, b))
          .slice(0, largestSet)
          .map(([value]) => value)
          .sort();
        if (values.length > 0) found.push({ attribute, op: 'not_in', values });
      }
    if (fineShare(null) >= (sparing ? 0.05 : common.share) && fineShare(null) >= 1.5 * badShare(null))
      found.push({ attribute, op: 'present', values: [] });
    if (badShare(null) >= 0.1 && badShare(null) >= 1.5 * fineShare(null))
      found.push({ attribute, op: 'absent', values: [] });
  });
  return found;
}
