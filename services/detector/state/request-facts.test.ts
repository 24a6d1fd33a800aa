import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCodecs, localSchemaIds, recordSchemas, viewOf } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { arbitraryOf } from '../../../test/log/arbitrary-record.ts';
import { createRequestFacts, readFacts, readIdentity } from './request-facts.ts';

const codecs = createCodecs(localSchemaIds());
const record = arbitraryOf(recordSchemas.get('EnrichedRequest')!) as fc.Arbitrary<EnrichedRequest>;

function factsOf(event: EnrichedRequest) {
  const facts = createRequestFacts();
  readFacts(facts, event);
  readIdentity(facts, event, 77);
  const { values, ...rest } = facts;
  return { ...rest, values: [...values.subarray(0, facts.valueCount * 2)] };
}

test('a view and the record that it shows have the same facts', async () => {
  await fc.assert(
    fc.asyncProperty(record, async (event) => {
      const { value } = await codecs.view(codecs.encode('EnrichedRequest', event));
      expect(viewOf(value)).not.toBeNull();
      expect(factsOf(value as EnrichedRequest)).toEqual(factsOf(event));
    }),
    { numRuns: 300 },
  );
});

test('the target does not depend on the order of parameters', async () => {
  await fc.assert(
    fc.property(record, (event) => {
      const { request } = event;
      const turned = { ...event, request: { ...request, params: [...request.params].reverse() } };
      expect(factsOf(turned).target).toBe(factsOf(event).target);
    }),
    { numRuns: 50 },
  );
});
