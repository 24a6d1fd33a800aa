import type {
  AttributeSample,
  EnrichedRequest,
  GroupPartial,
  Param,
} from '../../../lib/contracts/generated.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import { type Attribute, attributes } from '../../../lib/signature/attributes.ts';
import {
  countNames,
  flag,
  minedAttributes,
  type SketchName,
  sketchIndex,
  sketchNames,
  suspiciousFlags,
  type TraitName,
  traitNames,
} from '../layout.ts';
import { BottomK } from '../sketches/bottom-k.ts';
import { HyperLogLog } from '../sketches/hyper-log-log.ts';
import type { Contribution } from './contribution.ts';

interface Sampled {
  readonly event: EnrichedRequest;
  readonly flags: number;
}

/**
 * Partial aggregate of one group in one pane: counts, sketches and two samples (suspicious requests, and others). Used
 * again for another group after `clear`, so that a pane allocates little.
 */
export class GroupAccumulator {
  readonly counts = new Int32Array(countNames.length);
  /** In the order of the layout; null: nobody reads it. */
  readonly #sketches: readonly (HyperLogLog | null)[];
  /** Those that are there and take one value a request, and where each stands in the order of the layout. */
  readonly #single: readonly HyperLogLog[];
  readonly #places: readonly number[];
  readonly #suspicious: BottomK<Sampled>;
  readonly #others: BottomK<Sampled>;

  constructor(samples: number, sketches: ReadonlySet<SketchName>) {
    this.#sketches = sketchNames.map((name) => (sketches.has(name) ? new HyperLogLog() : null));
    const single = sketchNames.filter((name) => sketches.has(name) && name !== 'values');
    this.#places = single.map((name) => sketchIndex[name]);
    this.#single = this.#places.map((place) => this.#sketches[place]!);
    this.#suspicious = new BottomK(samples);
    this.#others = new BottomK(samples);
  }

  add(contribution: Contribution): void {
    const { counts } = this;
    const { raised, flags, shown, orderHi } = contribution;
    for (let at = 0; at < raised; at++) counts[contribution.counts[at]!]!++;
    if ((flags & flag.verified) !== 0) return;
    const places = this.#places;
    for (let at = 0; at < places.length; at++) {
      const place = places[at]! * 2;
      const lo = shown[place]!;
      if (lo !== 0) this.#single[at]!.add(lo, shown[place + 1]!);
    }
    const values = this.#sketches[sketchIndex.values]!;
    if (values !== null) {
      const { values: of, valueCount } = contribution.facts!;
      for (let at = 0; at < valueCount * 2; at += 2) values.add(of[at]!, of[at + 1]!);
    }
    const sample = (flags & suspiciousFlags) !== 0 ? this.#suspicious : this.#others;
    if (sample.wants(orderHi))
      sample.add(orderHi, contribution.orderLo, { event: contribution.event!, flags });
  }

  partial(site: string, kind: string, key: string, read: AttributeReader): GroupPartial {
    return {
      site,
      kind,
      key,
      counts: [...this.counts],
      sketches: this.#sketches.map((sketch) => sketch?.toBytes() ?? nothing),
      samples: [...this.#suspicious.entries(), ...this.#others.entries()].map(({ hi, lo, item }) =>
        read(hi, lo, item),
      ),
    };
  }

  clear(): void {
    this.counts.fill(0);
    for (const sketch of this.#sketches) sketch?.clear();
    this.#suspicious.clear();
    this.#others.clear();
  }
}

const nothing = Buffer.alloc(0);

const maxNames = 12;
const plainName = /^[\w.[\]-]{1,40}$/;

/** The names of a request's parameters in order, as far as they look like names; null when there is none. */
function paramNames(params: readonly Param[]): string | null {
  if (params.length === 0) return null;
  const names = new Set<string>();
  for (const { name } of params) if (names.size < maxNames && plainName.test(name)) names.add(name);
  return names.size === 0 ? null : [...names].sort().join(',');
}

/** The sample of a request: an event sampled in several groups of a pane is read once, and is one object. */
export type AttributeReader = (hi: number, lo: number, sampled: Sampled) => AttributeSample;

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
  param_names: ({ request }) => paramNames(request.params),
};

export function createAttributeReader(): AttributeReader {
  const known = new Map<EnrichedRequest, AttributeSample>();
  return (hi, lo, { event, flags }) => {
    let sample = known.get(event);
    if (sample === undefined) {
      sample = sampleOf(hi, lo, event, flags);
      known.set(event, sample);
    }
    return sample;
  };
}

function sampleOf(hi: number, lo: number, event: EnrichedRequest, flags: number): AttributeSample {
  const values = new Array<string | null>(readers.length + traitNames.length);
  let at = 0;
  for (const attribute of readers) {
    const value = attribute.read(event);
    values[at++] = typeof value === 'number' ? String(value) : value;
  }
  for (const trait of traitNames) values[at++] = traits[trait](event);
  // both in one piece of memory
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeUInt32LE(lo, 0);
  bytes.writeUInt32LE(hi, 4);
  event.hashes.copy(bytes, 8, lanes.client, lanes.client + 8);
  return {
    order: bytes.subarray(0, 8),
    event_id: event.request.event_id,
    client: bytes.subarray(8),
    flags,
    attributes: values,
  };
}
