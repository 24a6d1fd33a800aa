import type { Predicate, Signature } from '../../../lib/contracts/generated.ts';
import { standingText } from '../../../lib/pass/token.ts';
import { type AttributeName, attributeNames, attributes } from '../../../lib/signature/attributes.ts';
import { conditions, requiredBits, sparedBy } from '../../../lib/signature/standing.ts';
import { goodPattern } from './good-clients.ts';
import { frontendGeneration, haproxyAttributes, whyNotAtHaproxy } from './haproxy-attributes.ts';

/**
 * Signatures as data for HAProxy: each rule is one bit of a number. For every attribute a map says which rules the
 * value of a request satisfies; the numbers of all attributes ANDed leave the rules whose every predicate holds. A
 * change of rules is a change of one map, committed at once, and never a reload.
 * The scheme is the bit vectors of T. V. Lakshman and D. Stiliadis, "High-speed policy-based packet forwarding using
 * efficient multi-dimensional range matching", SIGCOMM 1998, with maps in the place of ranges.
 */

/** HAProxy's integers are signed, 64 bits. */
export const mostRules = 63;
const allRules = (1n << 63n) - 1n;

/** A rule with its bit, 0 to 62. */
export interface BitRule {
  readonly bit: number;
  /** 1 (tag) to 4 (block). */
  readonly strength: number;
  readonly signature: Signature;
}

/** Why HAProxy can not evaluate the signature, or null. `whyNoGood`: why it does not know the good. */
export function whyNoHaproxyRule(
  signature: Signature,
  has: readonly string[],
  whyNoGood: () => string | null,
): string | null {
  const unknown = signature.except_good ? whyNoGood() : null;
  if (unknown !== null) return unknown;
  if (signature.predicates.length === 0) return 'says nothing';
  for (const predicate of signature.predicates) {
    const reason = whyNotAtHaproxy(predicate, has);
    if (reason !== null) return reason;
  }
  return null;
}

/** The key of the rules that need lines of that generation in the frontend, and of no later one. */
export const liveKey = (generation: number): string => (generation === 1 ? 'live' : `live.${generation}`);

const generationOf = ({ signature }: BitRule): number =>
  Math.max(
    ...signature.predicates.map(({ attribute }) => haproxyAttributes[attribute as AttributeName]!.since),
  );

/** What the words of a pass are called in the rule map. */
export const standingKey = 'standing';

/**
 * Keys and numbers of the rule map: `attribute=VALUE`, `attribute=*` for values it does not name, `attribute=` where
 * the request does not say; `standing=WORDS` the same way for the words of a pass; `live` for the rules there are, `live.2` for those that only lines of the second
 * generation can narrow; `live=4` for those that block, and so on down to 1.
 */
export function ruleMasks(rules: readonly BitRule[]): Map<string, bigint> {
  const masks = new Map<string, bigint>();
  for (let generation = 1; generation <= frontendGeneration; generation++)
    masks.set(liveKey(generation), union(rules.filter((rule) => generationOf(rule) === generation)));
  for (const strength of [4, 3, 2, 1])
    masks.set(`live=${strength}`, union(rules.filter((rule) => rule.strength === strength)));
  for (const attribute of attributeNames) addAttribute(masks, attribute, rules);
  addStanding(masks, rules);
  return masks;
}

/** Every text that a pass may say, as lib/pass/token.ts writes it. */
const standingTexts: readonly string[] = Array.from({ length: 1 << conditions.length }, (_, chosen) =>
  standingText(requiredBits(conditions.filter((_, index) => (chosen & (1 << index)) !== 0))),
);

/** Rules that spare the good do not hold for a pass with the words that they ask for. */
function addStanding(masks: Map<string, bigint>, rules: readonly BitRule[]): void {
  const sparing = rules
    .filter(({ signature }) => sparedBy(signature) !== null)
    .map((rule) => ({ bit: bitOf(rule), isGood: new RegExp(goodPattern(rule.signature)) }));
  if (sparing.length === 0) return;
  masks.set(`${standingKey}=*`, allRules);
  masks.set(`${standingKey}=`, allRules);
  for (const text of standingTexts) {
    const spared = sparing
      .filter(({ isGood }) => isGood.test(text))
      .reduce((mask, { bit }) => mask | bit, 0n);
    if (spared !== 0n) masks.set(`${standingKey}=${text}`, allRules & ~spared);
  }
}

const bitOf = (rule: BitRule): bigint => 1n << BigInt(rule.bit);
const union = (rules: readonly BitRule[]): bigint => rules.reduce((mask, rule) => mask | bitOf(rule), 0n);

/** A value that the rules do not name. */
const other = Symbol('other');
/** The key of a value, `yes` or `no` of a presence; null: the request does not say. */
type Key = string | null | typeof other;

/** A predicate over keys: values that read the same are the same. */
interface KeyTest {
  readonly op: string;
  readonly keys: ReadonlySet<string>;
  readonly bound: number;
}

function addAttribute(masks: Map<string, bigint>, attribute: AttributeName, rules: readonly BitRule[]): void {
  const isPresence = attributes[attribute].type === 'presence';
  const on = rules
    .map((rule) => ({
      rule,
      tests: rule.signature.predicates
        .filter((predicate) => predicate.attribute === attribute)
        .map((predicate) => keyTest(predicate, isPresence)),
    }))
    .filter(({ tests }) => tests.length > 0);
  if (on.length === 0) return;
  const { absent } = haproxyAttributes[attribute]!;
  const free = allRules & ~union(on.map(({ rule }) => rule));
  const satisfied = (key: Key): bigint =>
    on
      .filter(({ tests }) => tests.every((test) => holds(test, key)))
      .reduce((mask, { rule }) => mask | bitOf(rule), free);
  masks.set(`${attribute}=*`, satisfied(isPresence ? 'yes' : other));
  // What always has a value has another one where none is found.
  if (!absent.includes('')) masks.set(`${attribute}=`, satisfied(other));
  for (const text of absent) masks.set(`${attribute}=${text}`, satisfied(isPresence ? 'no' : null));
  if (isPresence) return;
  for (const key of namedKeys(on.flatMap(({ tests }) => tests)))
    masks.set(`${attribute}=${key}`, satisfied(key));
}

function keyTest({ attribute, op, values }: Predicate, isPresence: boolean): KeyTest {
  const { keyOf } = haproxyAttributes[attribute as AttributeName]!;
  const keys = isPresence ? values : values.filter((value) => value !== '').map(keyOf);
  return {
    op,
    keys: new Set(keys.filter((key): key is string => typeof key === 'string')),
    bound: Number(values[0]),
  };
}

/** The keys that tests tell apart: all they name, and all numbers up to the largest they compare with. */
function namedKeys(tests: readonly KeyTest[]): Set<string> {
  const named = new Set<string>();
  let largest = -1;
  for (const { op, keys, bound } of tests) {
    if (op === 'lte' || op === 'gte') largest = Math.max(largest, bound);
    else for (const key of keys) named.add(key);
  }
  for (let number = 0; number <= largest; number++) named.add(String(number));
  return named;
}

/** As lib/signature compiles it; a number that is `other` is above every bound. */
function holds({ op, keys, bound }: KeyTest, key: Key): boolean {
  if (key === null) return op === 'absent';
  switch (op) {
    case 'present':
      return true;
    case 'in':
      return key !== other && keys.has(key);
    case 'not_in':
      return key === other || !keys.has(key);
    case 'lte':
      return key !== other && Number(key) <= bound;
    case 'gte':
      return key === other || Number(key) >= bound;
    default:
      return false;
  }
}
