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
        sampleOf(hi, lo, item, read),
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

/** What a sample carries of its event; an event sampled in several groups of a pane is read once. */
export type AttributeReader = (event: EnrichedRequest) => SampledEvent;

interface SampledEvent {
  readonly eventId: string;
  readonly client: Buffer;
  readonly attributes: readonly (string | null)[];
}

const readers = minedAttributes.map((name) => attributes[name] as Attribute);

export function createAttributeReader(): AttributeReader {
  const known = new Map<EnrichedRequest, SampledEvent>();
  return (event) => {
    let sampled = known.get(event);
    if (sampled === undefined) {
      const values = readers.map((attribute) => {
        const value = attribute.read(event);
        return value === null ? null : String(value);
      });
      values.push(
        event.endpoint,
        event.request.host,
        event.endpoint_function,
        event.documented === null ? null : event.documented ? 'yes' : 'no',
        event.proxy_operator,
        event.client_class,
        event.request.partner_id !== null ? 'partner' : event.request.api_key_id !== null ? 'key' : null,
        paramNames(event.request.params),
      );
      sampled = {
        eventId: event.request.event_id,
        client: Buffer.from(event.hashes.subarray(lanes.client, lanes.client + 8)),
        attributes: values,
      };
      known.set(event, sampled);
    }
    return sampled;
  };
}

function sampleOf(hi: number, lo: number, { event, flags }: Sampled, read: AttributeReader): AttributeSample {
  const order = Buffer.allocUnsafe(8);
  order.writeUInt32LE(lo, 0);
  order.writeUInt32LE(hi, 4);
  const { eventId, client, attributes: values } = read(event);
  return { order, event_id: eventId, client, flags, attributes: values };
}
