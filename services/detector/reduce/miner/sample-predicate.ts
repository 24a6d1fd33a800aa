import type { Predicate, Signature } from '../../../../lib/contracts/generated.ts';
import { sparedBy, whereUnknown } from '../../../../lib/signature/standing.ts';
import { minedAttributes, spared, traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';

const places = new Map<string, number>(minedAttributes.map((name, index) => [name, index]));
places.set('endpoint', traitIndex.endpoint);
places.set('host', traitIndex.host);

/** Where an attribute stands in a sample; undefined: samples do not carry it. */
export function attributeAt(attribute: string): number | undefined {
  return places.get(attribute);
}

export type SampleTest = (sample: Sample) => boolean;

/** The same meaning as lib/signature, on a sample instead of an event. An attribute no sample carries is false. */
export function samplePredicate(predicate: Predicate): SampleTest {
  const at = attributeAt(predicate.attribute);
  if (at === undefined) return () => false;
  const values = new Set(predicate.values);
  const bound = Number(predicate.values[0]);
  switch (predicate.op) {
    case 'in':
      return ({ attributes }) => attributes[at] !== null && values.has(attributes[at]!);
    case 'not_in':
      return ({ attributes }) => attributes[at] !== null && !values.has(attributes[at]!);
    case 'lte':
      return ({ attributes }) => attributes[at] !== null && Number(attributes[at]) <= bound;
    case 'gte':
      return ({ attributes }) => attributes[at] !== null && Number(attributes[at]) >= bound;
    case 'absent':
      return ({ attributes }) => attributes[at] === null;
    case 'present':
      return ({ attributes }) => attributes[at] !== null;
    default:
      return () => false;
  }
}

/** What a signature stops where the edge knows the good. */
export function sampleSignature(signature: Signature): SampleTest {
  const tests = signature.predicates.map(samplePredicate);
  const required = sparedBy(signature);
  return (sample) =>
    tests.every((test) => test(sample)) && !(required !== null && spared(sample.flags, required));
}

/** What a signature stops at the edge that knows least: what it costs people is judged by that. */
export function sampleCost(signature: Signature): SampleTest {
  return sampleSignature(whereUnknown(signature));
}
