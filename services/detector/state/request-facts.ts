import { enrichedSlots, viewOf } from '../../../lib/contracts/codecs.ts';
import type { EnrichedRequest, Param } from '../../../lib/contracts/generated.ts';
import type { RecordView } from '../../../lib/contracts/record-view.ts';
import { afterInteger, integerAt } from '../../../lib/contracts/zigzag.ts';
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
  /** What clients remember the endpoint by: 16 bits of its hash, or what a step has put in their place. */
  endpoint: number;
  /** Bits of `known`: which fields the record has. */
  present: number;
  networkClass: string;
  fingerprintLo: number;
  fingerprintHi: number;
  /** What stays of the fingerprint over a visit. */
  softwareLo: number;
  softwareHi: number;
  /** One hash for the combination of all parameters and path values, whatever their order; 0 when there are none. */
  target: number;
  /** Hashes of the parameters and path values one by one, two halves each; as many as `valueCount`. */
  values: Int32Array;
  valueCount: number;
  /** Set by `observe`: `endpoint` of the one that the visit began with, when it goes on from there only now; else -1. */
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
    endpoint: 0,
    present: 0,
    networkClass: 'unknown',
    fingerprintLo: 0,
    fingerprintHi: 0,
    softwareLo: 0,
    softwareHi: 0,
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

/** Where the value of a slot stands in the bytes of a view; 0: null. */
export const placeOf = (view: RecordView, slot: number): number => view.$places[view.$base + slot]!;

/** Bits of `present`. */
export const known = {
  session: 1,
  account: 2,
  partner: 4,
  apiKey: 8,
  country: 16,
  /** Version of the browser, or whether it ever existed. */
  browser: 32,
  /** Status or outcome. */
  answer: 64,
} as const;

const presence: readonly (readonly [slot: number, bit: number])[] = [
  [enrichedSlots['request.session_id']!, known.session],
  [enrichedSlots['request.account_id']!, known.account],
  [enrichedSlots['request.partner_id']!, known.partner],
  [enrichedSlots['request.api_key_id']!, known.apiKey],
  [enrichedSlots['country']!, known.country],
  [enrichedSlots['browser_version']!, known.browser],
  [enrichedSlots['browser_plausible']!, known.browser],
  [enrichedSlots['request.status']!, known.answer],
];

/** Reads lanes, and which fields are there: no text is made of those that are not looked at any further. */
export function readFacts(facts: RequestFacts, event: EnrichedRequest): void {
  const view = viewOf(event);
  let present = 0;
  if (view === null) {
    const { request } = event;
    fromBytes(facts, event.hashes, 0);
    if (request.session_id !== null) present |= known.session;
    if (request.account_id !== null) present |= known.account;
    if (request.partner_id !== null) present |= known.partner;
    if (request.api_key_id !== null) present |= known.apiKey;
    if (event.country !== null) present |= known.country;
    if (event.browser_version !== null || event.browser_plausible !== null) present |= known.browser;
    if (request.status !== null) present |= known.answer;
  } else {
    fromBytes(facts, view.$bytes, placeOf(view, slots.hashes));
    for (let index = 0; index < presence.length; index++) {
      const [slot, bit] = presence[index]!;
      if (placeOf(view, slot) !== 0) present |= bit;
    }
  }
  if ((present & known.answer) === 0 && event.request.outcome !== 'unknown') present |= known.answer;
  facts.present = present;
  facts.networkClass = event.network_class;
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
  facts.endpoint = facts.endpointLo & 0xffff;
  facts.fingerprintLo = word(bytes, start + lanes.fingerprint);
  facts.fingerprintHi = word(bytes, start + lanes.fingerprint + 4);
  facts.softwareLo = word(bytes, start + lanes.software);
  facts.softwareHi = word(bytes, start + lanes.software + 4);
}

/** 32 bits, the lowest first. */
export function word(bytes: Uint8Array, at: number): number {
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
    at = afterInteger(bytes, at);
    if (count === 0) return;
    if (count < 0) {
      count = -count;
      at = afterInteger(bytes, at);
    }
    for (; count > 0; count--) {
      let length = integerAt(bytes, at);
      at = afterInteger(bytes, at);
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
      at = afterInteger(bytes, at) + value;
    }
  }
}

/** Where what follows an encoded text stands. */
export function afterText(bytes: Uint8Array, at: number): number {
  return afterInteger(bytes, at) + integerAt(bytes, at);
}

function mixed(hash: number, salt: number): number {
  let value = hash ^ Math.imul(salt, 0x9e3779b1);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}
