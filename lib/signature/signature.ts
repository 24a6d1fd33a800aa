import type { EnrichedRequest, Predicate, Signature } from '../contracts/generated.ts';
import { endpointTest, wordVariable } from '../path/word-family.ts';
import { type Attribute, type AttributeName, attributes } from './attributes.ts';

export type PredicateOperator = 'in' | 'not_in' | 'lte' | 'gte' | 'absent' | 'present';

/** The one text of a signature: predicates in order of attribute, values sorted. It is the value of its target. */
export function canonicalSignature(signature: Signature): string {
  const parts = signature.predicates
    .map(
      (predicate) => `${predicate.attribute} ${predicate.op} ${JSON.stringify([...predicate.values].sort())}`,
    )
    .sort();
  const names = [...signature.good_after].sort().join(', ');
  const good = names === '' ? 'good' : `good after ${names}`;
  if (signature.except_good) parts.push(`except ${good}`);
  else if (names !== '') parts.push(`sparing ${good}`);
  return parts.join(' & ');
}

/** What the signature says an attribute is one of; null: it does not say. */
export function valuesNamed({ predicates }: Signature, name: AttributeName): readonly string[] | null {
  return predicates.find(({ attribute, op }) => attribute === name && op === 'in')?.values ?? null;
}

type Test = (event: EnrichedRequest) => boolean;

function compilePredicate(predicate: Predicate): Test {
  const attribute: Attribute | undefined = attributes[predicate.attribute as AttributeName];
  if (attribute === undefined)
    throw new Error(`unknown attribute ${JSON.stringify(predicate.attribute)} in a signature`);
  if (predicate.attribute === 'endpoint' && predicate.values.some((value) => value.includes(wordVariable)))
    return compileFamilies(predicate);
  const values = new Set(predicate.values);
  const bound = Number(predicate.values[0]);
  switch (predicate.op as PredicateOperator) {
    case 'in':
      return (event) => {
        const value = attribute.read(event);
        return value !== null && values.has(typeof value === 'number' ? String(value) : value);
      };
    case 'not_in':
      return (event) => {
        const value = attribute.read(event);
        return value !== null && !values.has(typeof value === 'number' ? String(value) : value);
      };
    case 'lte':
      return (event) => {
        const value = attribute.read(event);
        return value !== null && Number(value) <= bound;
      };
    case 'gte':
      return (event) => {
        const value = attribute.read(event);
        return value !== null && Number(value) >= bound;
      };
    case 'absent':
      return (event) => attribute.read(event) === null;
    case 'present':
      return (event) => attribute.read(event) !== null;
    default:
      throw new Error(`unknown operator ${JSON.stringify(predicate.op)} in a signature`);
  }
}

/** Endpoints counted as one stand for their members; what a document names is never one of them. */
function compileFamilies({ op, values }: Predicate): Test {
  const tests = values.map(endpointTest);
  const belongs: Test = ({ endpoint, documented }) =>
    documented === true ? values.includes(endpoint) : tests.some((test) => test(endpoint));
  switch (op) {
    case 'in':
      return belongs;
    case 'not_in':
      return (event) => !belongs(event);
    default:
      throw new Error(`operator ${JSON.stringify(op)} makes no sense on endpoints`);
  }
}

/** Compiled once per signature; evaluated on every event of its endpoint. Whom it spares is the caller's to apply. */
export function compileSignature(signature: Signature): Test {
  const tests = signature.predicates.map(compilePredicate);
  return (event) => {
    for (const test of tests) if (!test(event)) return false;
    return tests.length > 0;
  };
}

/** True when every predicate can be evaluated by an edge on a single request. */
export function isEdgeVisible(signature: Signature): boolean {
  return signature.predicates.every(
    (predicate) =>
      (attributes[predicate.attribute as AttributeName] as Attribute | undefined)?.edgeVisible === true,
  );
}
