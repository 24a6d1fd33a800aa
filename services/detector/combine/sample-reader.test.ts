import { expect, test } from 'vitest';
import { createCodecs, localSchemaIds } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { SamplePacker, unpackSamples } from '../frames/sample-pack.ts';
import { plainSample, SampleRow } from '../frames/sample-row.ts';
import { enriched, type Sketch } from '../traffic.test-fixture.ts';
import { CountedEndpoint } from './counted-endpoint.ts';
import { SampleReader } from './sample-reader.ts';
import { sampleOf } from './sampled.ts';

const codecs = createCodecs(localSchemaIds());

/** The request as a reader of the log has it. */
async function viewed(event: EnrichedRequest): Promise<EnrichedRequest> {
  const bytes = codecs.encode('EnrichedRequest', event);
  await codecs.decode(bytes);
  return (await codecs.view(bytes)).value as EnrichedRequest;
}

const endpointOf = ({ request, ...event }: EnrichedRequest): CountedEndpoint =>
  new CountedEndpoint({
    site: request.site,
    host: request.host,
    endpoint: event.endpoint,
    endpointFunction: event.endpoint_function,
    documented: event.documented,
    operation: event.operation,
  });

const plain: Sketch = { at: 0, ip: '192.0.2.1', endpoint: 'GET /api', agent: 'curl/8' };
const bare = enriched(plain, 1);
const events: readonly EnrichedRequest[] = [
  bare,
  enriched({ ...plain, ip: '2001:db8:0:0:1::7' }, 2),
  enriched({ ...plain, params: { sku: '7', page: '2' }, session: 's1' }, 3),
  enriched({ ...plain, agent: 'x'.repeat(1025) }, 4),
  enriched({ ...plain, agent: '中'.repeat(200) }, 5),
  enriched({ ...plain, agent: 'Shop/8.1.0 (iPhone; iOS 26.1)' }, 8),
  enriched({ ...plain, agent: `${'x'.repeat(1025)} 中` }, 9),
  enriched({ ...plain, agent: ' curl/8' }, 10),
  enriched({ ...plain, agent: '中/1 curl/8' }, 11),
  {
    ...bare,
    documented: true,
    operation: 'query Stock',
    asn: 3320,
    country: 'DE',
    browser: 'Chrome',
    browser_version: 133,
    platform: 'Windows',
    proxy_operator: 'someone',
    request: {
      ...bare.request,
      event_id: 'evt_6',
      partner_id: 'acme',
      cookie_count: 0,
      accept_language: 'de',
      referer: 'https://shop.example/',
      ja3: 'aa',
      ja4: 't13d',
      http_version: '2',
      tls_version: '1.3',
    },
  },
  { ...bare, request: { ...bare.request, event_id: 'evt_7', api_key_id: 'k', cookie_count: 2 } },
];

test('a row read from bytes says what a sample read from the fields says', async () => {
  const reader = new SampleReader();
  const packer = new SamplePacker();
  const expected = events.map((event, index) =>
    plainSample(sampleOf({ event, flags: index, order: index, sample: null })),
  );
  for (const [index, event] of events.entries()) {
    const row = reader.read(await viewed(event), endpointOf(event), index, index);
    expect(row).toBeInstanceOf(SampleRow);
    expect(plainSample(sampleOf(row))).toEqual(expected[index]);
    packer.add([sampleOf(row)]);
  }
  expect(unpackSamples(packer.packed(), events.length).flat()).toEqual(expected);
});

test('an event id that is no plain text, or a long one, is carried as well', async () => {
  for (const id of ['é', 'x'.repeat(65)]) {
    const event = { ...bare, request: { ...bare.request, event_id: id } };
    const sampled = new SampleReader().read(await viewed(event), endpointOf(event), 0, 0);
    expect(plainSample(sampleOf(sampled)).event_id).toBe(id);
  }
});
