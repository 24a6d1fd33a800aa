import { enrichedSlots, viewOf } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import type { RecordView } from '../../../lib/contracts/record-view.ts';
import { afterText, placeOf, type RequestFacts } from './request-facts.ts';

/** What requests to one endpoint have in common. */
export interface EndpointIdentity {
  readonly site: string;
  readonly host: string;
  /** `METHOD template` */
  readonly endpoint: string;
  readonly endpointFunction: string;
  readonly documented: boolean | null;
  /** Of an endpoint that serves several: the one asked for. */
  readonly operation: string | null;
}

/** More than this are an attacker's inventions, and the memory starts over. */
const mostEndpoints = 20_000;
const slotCount = 65_536;

interface Known<T> extends EndpointIdentity {
  readonly hash: number;
  /** Site, host, endpoint, function and operation as they stand in an encoded record; null: it was met as a value. */
  readonly encoded: readonly Buffer[] | null;
  readonly value: T;
}

const textSlots = ['request.site', 'request.host', 'endpoint', 'endpoint_function'].map(
  (path) => enrichedSlots[path]!,
);
const documentedSlot = enrichedSlots['documented']!;
const operationSlot = enrichedSlots['operation']!;

/**
 * What is worked out once for an endpoint (names, groups, signatures that concern it), found again by comparing a few
 * bytes of the record: no text is made, and no text is looked up, per request. `make` must depend on the identity
 * alone, since it is called again when the memory starts over.
 */
export class EndpointMemory<T> {
  readonly #make: (identity: EndpointIdentity) => T;
  readonly #slots = new Array<Known<T> | undefined>(slotCount).fill(undefined);
  #entries = 0;

  constructor(make: (identity: EndpointIdentity) => T) {
    this.#make = make;
  }

  /** `facts`: the lanes of the event. */
  of(event: EnrichedRequest, facts: RequestFacts): T {
    const view = viewOf(event);
    const hash = facts.endpointLo;
    let slot = (hash ^ (hash >>> 16)) & (slotCount - 1);
    for (;;) {
      const known = this.#slots[slot];
      if (known === undefined) break;
      if (known.hash === hash && (view === null ? isOf(known, event) : isShown(known, view)))
        return known.value;
      slot = (slot + 1) & (slotCount - 1);
    }
    if (this.#entries >= mostEndpoints) {
      this.#slots.fill(undefined);
      this.#entries = 0;
      return this.of(event, facts);
    }
    const identity: EndpointIdentity = {
      site: event.request.site,
      host: event.request.host,
      endpoint: event.endpoint,
      endpointFunction: event.endpoint_function,
      documented: event.documented,
      operation: event.operation,
    };
    const slots = identity.operation === null ? textSlots : [...textSlots, operationSlot];
    const encoded = view === null ? null : slots.map((text) => encodedText(view, text));
    const value = this.#make(identity);
    this.#slots[slot] = { ...identity, hash, encoded, value };
    this.#entries++;
    return value;
  }
}

function isOf(known: EndpointIdentity, event: EnrichedRequest): boolean {
  return (
    known.endpoint === event.endpoint &&
    known.operation === event.operation &&
    known.documented === event.documented &&
    known.endpointFunction === event.endpoint_function &&
    known.host === event.request.host &&
    known.site === event.request.site
  );
}

function isShown({ encoded, documented, operation }: Known<unknown>, view: RecordView): boolean {
  if (encoded === null || (operation === null) !== (placeOf(view, operationSlot) === 0)) return false;
  const bytes = view.$bytes;
  const place = placeOf(view, documentedSlot);
  if (place === 0 ? documented !== null : documented !== (bytes[place] !== 0)) return false;
  for (let index = 0; index < encoded.length; index++) {
    const text = encoded[index]!;
    const start = placeOf(view, textSlots[index] ?? operationSlot);
    for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text[at]) return false;
  }
  return true;
}

/** A copy of a text with its length before it. */
function encodedText(view: RecordView, slot: number): Buffer {
  const place = placeOf(view, slot);
  return Buffer.from(view.$bytes.subarray(place, afterText(view.$bytes, place)));
}
