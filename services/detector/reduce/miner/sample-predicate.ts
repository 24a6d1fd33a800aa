import type { Predicate, Signature } from '../../../../lib/contracts/generated.ts';
import { sparedBy, sparingFewest } from '../../../../lib/signature/standing.ts';
import { minedAttributes, spared, traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { updatedInto } from './app-updates.ts';

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
export const sampleSignature = (signature: Signature): SampleTest => testOf(signature, samplePredicate);

/**
 * Whom a signature costs something: who is stopped at the edge that knows least, be it after the next update of an app.
 */
export const sampleCost = (signature: Signature): SampleTest =>
  testOf(sparingFewest(signature), sampleCostOf);

function sampleCostOf(predicate: Predicate): SampleTest {
  const now = samplePredicate(predicate);
  const later = updatedInto(predicate);
  return later === null ? now : (sample) => now(sample) || later(sample);
}

function testOf(signature: Signature, compile: (predicate: Predicate) => SampleTest): SampleTest {
  const tests = signature.predicates.map(compile);
  const required = sparedBy(signature);
  return (sample) =>
    tests.every((test) => test(sample)) && !(required !== null && spared(sample.flags, required));
}
