import { expect, test } from 'vitest';
import { createCodecs, localSchemaIds } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { enriched, type Sketch } from '../traffic.test-fixture.ts';
import { type EndpointIdentity, EndpointMemory } from './endpoint-memory.ts';
import { createRequestFacts, readFacts } from './request-facts.ts';

const codecs = createCodecs(localSchemaIds());
const asView = async (event: EnrichedRequest): Promise<EnrichedRequest> =>
  (await codecs.view(codecs.encode('EnrichedRequest', event))).value as EnrichedRequest;
const request = ({ operation, ...sketch }: Different): EnrichedRequest => ({
  ...enriched({ at: 0, ip: '192.0.2.1', endpoint: 'GET /p', ...sketch }, 1),
  operation: operation ?? null,
});
type Different = Partial<Sketch> & { readonly operation?: string };

function memory() {
  const made: EndpointIdentity[] = [];
  const endpoints = new EndpointMemory((identity) => {
    made.push(identity);
    return identity;
  });
  const facts = createRequestFacts();
  const of = (event: EnrichedRequest): EndpointIdentity => {
    readFacts(facts, event);
    return endpoints.of(event, facts);
  };
  return { made, of };
}

// the fixture's hash is of the site and the endpoint: what differs in the rest has the same one
const different: readonly Different[] = [
  {},
  { host: 'other.example' },
  { fn: 'login' },
  { documented: true },
  { documented: false },
  { operation: 'Read' },
  { operation: 'Write' },
  { endpoint: 'GET /p/long/enough/that/its/length/takes/two/bytes/of/the/record/and/more/than/that' },
];

test('endpoints that differ in anything are told apart, in views as in values, and made once', async () => {
  for (const form of [asView, async (event: EnrichedRequest) => event]) {
    const { made, of } = memory();
    const first: EndpointIdentity[] = [];
    for (const sketch of different) first.push(of(await form(request(sketch))));
    for (const [index, sketch] of different.entries())
      expect(of(await form(request({ ...sketch, ip: '198.51.100.7', session: 's' })))).toBe(first[index]);
    expect(made).toHaveLength(different.length);
    expect(first).toEqual(
      different.map(({ host, fn, documented, endpoint, operation }) => ({
        site: 'default',
        host: host ?? 'shop.example',
        endpoint: endpoint ?? 'GET /p',
        endpointFunction: fn ?? 'other',
        documented: documented ?? null,
        operation: operation ?? null,
      })),
    );
  }
});

test('starts over when endpoints are invented without end', () => {
  const { made, of } = memory();
  const first = of(request({}));
  for (let index = 0; index < 20_000; index++) of(request({ endpoint: `GET /p/${index}` }));
  const again = of(request({}));
  expect(again).not.toBe(first);
  expect(again).toEqual(first);
  expect(made).toHaveLength(20_002);
});
