import { enrichedSlots, viewOf } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest, Param } from '../../../lib/contracts/generated.ts';
import { integerAt, type RecordView } from '../../../lib/contracts/record-view.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import { eventHash, hashEventId, hashEventIdBytes } from './event-hash.ts';

/** Hashes of one request, as halves: what the hot path reads of it again and again. */
export interface RequestFacts {
  clientLo: number;
  clientHi: number;
  networkLo: number;
  networkHi: number;
  sessionLo: number;
  sessionHi: number;
  accountLo: number;
  accountHi: number;
  endpointLo: number;
  fingerprintLo: number;
  fingerprintHi: number;
  /** One hash for the combination of all parameters and path values, whatever their order; 0 when there are none. */
  target: number;
  /** Hashes of the parameters and path values one by one, two halves each; as many as `valueCount`. */
  values: Int32Array;
  valueCount: number;
  /** Set by `observe`: 16 bits of the endpoint that the visit began with, when it goes on from there only now; else -1. */
  entry: number;
  /** Seeded hash of the event id. */
  idLo: number;
  idHi: number;
}

export function createRequestFacts(): RequestFacts {
  return {
    clientLo: 0,
    clientHi: 0,
    networkLo: 0,
    networkHi: 0,
    sessionLo: 0,
    sessionHi: 0,
    accountLo: 0,
    accountHi: 0,
    endpointLo: 0,
    fingerprintLo: 0,
    fingerprintHi: 0,
    target: 0,
    values: new Int32Array(64),
    valueCount: 0,
    entry: -1,
    idLo: 0,
    idHi: 0,
  };
}

const slots = {
  hashes: enrichedSlots['hashes']!,
  eventId: enrichedSlots['request.event_id']!,
  params: enrichedSlots['request.params']!,
  pathParams: enrichedSlots['path_params']!,
} as const;

const placeOf = (view: RecordView, slot: number): number => view.$places[view.$base + slot]!;

/** Reads the lanes into `facts`: from the bytes of a view, or from a decoded record. */
export function readLanes(facts: RequestFacts, event: EnrichedRequest): void {
  const view = viewOf(event);
  if (view === null) fromBytes(facts, event.hashes, 0);
  else fromBytes(facts, view.$bytes, placeOf(view, slots.hashes));
}

/** Reads what only combine needs: event id, target and values. */
export function readIdentity(facts: RequestFacts, event: EnrichedRequest, seed: number): void {
  const view = viewOf(event);
  facts.target = 0;
  facts.valueCount = 0;
  if (view === null) {
    hashEventId(event.request.event_id, seed);
    addParams(facts, event.path_params, 0);
    addParams(facts, event.request.params, requestSalt);
  } else {
    const at = placeOf(view, slots.eventId);
    if (!hashEventIdBytes(view.$bytes, at, seed)) hashEventId(event.request.event_id, seed);
    addEncoded(facts, view.$bytes, placeOf(view, slots.pathParams), 0);
    addEncoded(facts, view.$bytes, placeOf(view, slots.params), requestSalt);
  }
  facts.idLo = eventHash.lo;
  facts.idHi = eventHash.hi;
}

function fromBytes(facts: RequestFacts, bytes: Uint8Array, start: number): void {
  facts.clientLo = word(bytes, start + lanes.client);
  facts.clientHi = word(bytes, start + lanes.client + 4);
  facts.networkLo = word(bytes, start + lanes.network);
  facts.networkHi = word(bytes, start + lanes.network + 4);
  facts.sessionLo = word(bytes, start + lanes.session);
  facts.sessionHi = word(bytes, start + lanes.session + 4);
  facts.accountLo = word(bytes, start + lanes.account);
  facts.accountHi = word(bytes, start + lanes.account + 4);
  facts.endpointLo = word(bytes, start + lanes.endpoint);
  facts.fingerprintLo = word(bytes, start + lanes.fingerprint);
  facts.fingerprintHi = word(bytes, start + lanes.fingerprint + 4);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Keeps parameters apart from path values of the same name length. */
const requestSalt = 64;

function addParams(facts: RequestFacts, params: readonly Param[], salt: number): void {
  for (const { hash, name } of params) addValue(facts, word(hash, 0), word(hash, 4), name.length, salt);
}

function addValue(facts: RequestFacts, lo: number, hi: number, nameLength: number, salt: number): void {
  facts.target = (facts.target + mixed(lo, nameLength + salt)) | 0;
  const at = facts.valueCount++ * 2;
  if (at === facts.values.length) {
    const more = new Int32Array(at * 2);
    more.set(facts.values);
    facts.values = more;
  }
  facts.values[at] = mixed(lo, nameLength);
  facts.values[at + 1] = hi;
}

/** As `addParams`, over an encoded array of Param {name, hash, value}; it was walked over before, so it is whole. */
function addEncoded(facts: RequestFacts, bytes: Buffer, place: number, salt: number): void {
  let at = place;
  for (;;) {
    let count = integerAt(bytes, at);
    at = after(bytes, at);
    if (count === 0) return;
    if (count < 0) {
      count = -count;
      at = after(bytes, at);
    }
    for (; count > 0; count--) {
      let length = integerAt(bytes, at);
      at = after(bytes, at);
      const end = at + length;
      // characters, not bytes: what continues one does not count, and one of four bytes is two
      for (let index = at; index < end; index++) {
        if (bytes[index]! < 128) continue;
        if (bytes[index]! < 192) length--;
        else if (bytes[index]! >= 240) length++;
      }
      addValue(facts, word(bytes, end), word(bytes, end + 4), length, salt);
      at = end + 8;
      const branch = bytes[at++]!;
      if (branch === 0) continue;
      const value = integerAt(bytes, at);
      at = after(bytes, at) + value;
    }
  }
}

function after(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next]! > 127) next++;
  return next + 1;
}

function mixed(hash: number, salt: number): number {
  let value = hash ^ Math.imul(salt, 0x9e3779b1);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}
