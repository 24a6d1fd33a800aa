import { enrichedSlots, viewOf } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import { type Attribute, attributes } from '../../../lib/signature/attributes.ts';
import { type FrameSample, SampleRow } from '../frames/sample-row.ts';
import { minedAttributes, type TraitName, traitNames } from '../layout.ts';
import { sampledValue } from '../nameable.ts';
import { clientOf, type Sample } from '../pane-group.ts';
import { placeOf, word } from '../state/request-facts.ts';

/** A request that groups may keep as a sample. */
export type Sampled = KeptEvent | SampleRow;

/** One that came with its texts: it is looked at when it is sent. */
interface KeptEvent {
  readonly event: EnrichedRequest;
  readonly flags: number;
  /** Its place in the samples. */
  readonly order: number;
  /** null until it is to be sent. */
  sample: Sample | null;
}

const maxNames = 12;
const plainName = /^[\w.[\]-]{1,40}$/;

const paramsSlot = enrichedSlots['request.params']!;

/** The names of a request's parameters in order, as far as they look like names; null when there is none. */
export function paramNames(event: EnrichedRequest): string | null {
  const view = viewOf(event);
  // most requests have none, and a list of none is one byte
  if (view !== null && view.$bytes[placeOf(view, paramsSlot)] === 0) return null;
  const { params } = event.request;
  if (params.length === 1) {
    const { name } = params[0]!;
    return plainName.test(name) ? name : null;
  }
  const names: string[] = [];
  for (const { name } of params)
    if (names.length < maxNames && !names.includes(name) && plainName.test(name)) names.push(name);
  return names.length === 0 ? null : names.sort().join(',');
}

const readers = minedAttributes.map((name) => attributes[name] as Attribute);

const traits: { readonly [T in TraitName]: (event: EnrichedRequest) => string | null } = {
  endpoint: (event) => event.endpoint,
  host: ({ request }) => request.host,
  endpoint_function: (event) => event.endpoint_function,
  documented: ({ documented }) => (documented === null ? null : documented ? 'yes' : 'no'),
  proxy_operator: (event) => event.proxy_operator,
  client_class: (event) => event.client_class,
  caller: ({ request }) =>
    request.partner_id !== null ? 'partner' : request.api_key_id !== null ? 'key' : null,
  param_names: paramNames,
  operation: (event) => event.operation,
};

/** What is sent of the request: read once, and one object, though several groups of the pane have sampled it. */
export function sampleOf(sampled: Sampled): FrameSample {
  if (sampled instanceof SampleRow) return sampled;
  sampled.sample ??= readSample(sampled);
  return sampled.sample;
}

function readSample({ event, flags, order }: KeptEvent): Sample {
  const values = new Array<string | null>(readers.length + traitNames.length);
  let at = 0;
  for (const attribute of readers) {
    const value = attribute.read(event);
    values[at++] = typeof value === 'string' ? sampledValue(value) : value === null ? null : String(value);
  }
  // what was asked for is named whole: the enricher bounds it
  for (const trait of traitNames) values[at++] = traits[trait](event);
  const { hashes } = event;
  return {
    order,
    event_id: event.request.event_id,
    client: clientOf(word(hashes, lanes.client), word(hashes, lanes.client + 4)),
    flags,
    attributes: values,
  };
}
