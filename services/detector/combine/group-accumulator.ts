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
  optionalSketches,
  type SketchName,
  sketchNames,
  suspiciousFlags,
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
  /** In the order of the layout; null: no policy asks. */
  readonly #sketches: readonly (HyperLogLog | null)[];
  readonly #suspicious: BottomK<Sampled>;
  readonly #others: BottomK<Sampled>;

  constructor(samples: number, optional: ReadonlySet<SketchName>) {
    this.#sketches = sketchNames.map((name) =>
      optionalSketches.has(name) && !optional.has(name) ? null : new HyperLogLog(),
    );
    this.#suspicious = new BottomK(samples);
    this.#others = new BottomK(samples);
  }

  add(contribution: Contribution): void {
    const { counts } = this;
    const { raised, flags, shown, orderHi } = contribution;
    for (let at = 0; at < raised; at++) counts[contribution.counts[at]!]!++;
    if ((flags & flag.verified) !== 0) return;
    const sketches = this.#sketches;
    for (let at = 0; at < sketches.length; at++) {
      const sketch = sketches[at]!;
      const lo = shown[at * 2]!;
      if (lo !== 0 && sketch !== null) sketch.add(lo, shown[at * 2 + 1]!);
    }
    const values = sketches[valuesAt]!;
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

const valuesAt = sketchNames.indexOf('values');
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
  const { request } = event;
  const values = new Array<string | null>(readers.length + 8);
  let at = 0;
  for (const attribute of readers) {
    const value = attribute.read(event);
    values[at++] = typeof value === 'number' ? String(value) : value;
  }
  values[at++] = event.endpoint;
  values[at++] = request.host;
  values[at++] = event.endpoint_function;
  values[at++] = event.documented === null ? null : event.documented ? 'yes' : 'no';
  values[at++] = event.proxy_operator;
  values[at++] = event.client_class;
  values[at++] = request.partner_id !== null ? 'partner' : request.api_key_id !== null ? 'key' : null;
  values[at++] = paramNames(request.params);
  // both in one piece of memory
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeUInt32LE(lo, 0);
  bytes.writeUInt32LE(hi, 4);
  event.hashes.copy(bytes, 8, lanes.client, lanes.client + 8);
  return {
    order: bytes.subarray(0, 8),
    event_id: request.event_id,
    client: bytes.subarray(8),
    flags,
    attributes: values,
  };
}
