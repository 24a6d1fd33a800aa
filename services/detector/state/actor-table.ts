import { partBit, several } from '../../../lib/signature/standing.ts';
import { SegmentedTable, type TableSnapshot } from './segmented-table.ts';

/**
 * Functions whose endpoints are steps of a visit: another endpoint of the same function is another page, as the checkout
 * is before the payment. Not so log-ins and stock look-ups: an attack moves from one to its like.
 */
const pageBits = ['content', 'search', 'other', 'cart', 'payment', 'account'].reduce(
  (bits, name) => bits | partBit(name),
  0,
);

/** After this long without a request a visit is over: earlier pages no longer count. */
const visitSeconds = 30 * 60;
/** Successes in visits that used more than one page or part, spread over this long, that make a history. */
const historySuccesses = 3;
const historySeconds = 60;
/** Requests after which a client's cookies say something. */
const countedRequests = 5;
/** Cookies are counted up to here. */
const mostCookies = 7;
/** A history is kept before anything else for this long after the last request. */
const rememberSeconds = 7 * 86_400;

/**
 * A record. Outcomes: 8 bits of successes, 8 of failures, 8 of seconds between the first request and the last (as many
 * as fit), 8 that mark the account of the last failed log-in (0: none). Visit: 16 bits that stand for the endpoint it began with, 8
 * of the functions used in it, 2 marks, 3 bits of requests whose cookies were counted, 3 of the most cookies gathered. A
 * visit begins anew with its first success, and with its first page: what was refused, or is no page, led there.
 */
const outcomes = 0;
const visit = 1;
const mostSpan = 0xff;
const tagShift = 24;
const mostOfWord = 0xffffff;
/** Beyond this both are halved: their ratio is what counts. */
const mostOutcomes = 0xff;
/** More than one page-like endpoint in this visit. */
const markPages = 1;
/** Seen more than once. */
const markAgain = 2;
const countedShift = 2;
const cookiesShift = 5;

function isGood(record: Int32Array, at: number): boolean {
  const word = record[at + outcomes]!;
  const successes = word & 0xff;
  return (
    successes >= historySuccesses &&
    ((word >>> 16) & mostSpan) >= historySeconds &&
    ((word >>> 8) & 0xff) * 2 <= successes
  );
}

/**
 * Who is forgotten last: those with a history, then those in the middle of a visit of more than one request. A million
 * addresses of one request each push out one another, not people.
 */
function importance(record: Int32Array, at: number, usedAt: number, second: number): number {
  if (second - usedAt < rememberSeconds && isGood(record, at)) return 2;
  return (record[at + visit]! & markAgain) !== 0 && second - usedAt < visitSeconds ? 1 : 0;
}

/**
 * What is remembered of actors (a session on one network, or an address with one kind of software): what parts of the
 * site they used in this visit, and whether they have a history. 20 bytes a slot. A table belongs to one partition; the
 * key holds the network, so what it knows does not depend on how traffic is partitioned.
 *
 * `open` chooses the actor that the other methods speak of.
 */
export class ActorTable {
  readonly #table: SegmentedTable;
  readonly #hashes: Uint16Array | null;

  /** `hashes`: what endpoints are compared by, if they are given by numbers; null: by themselves. */
  constructor(slots: number, state?: TableSnapshot, hashes: Uint16Array | null = null) {
    this.#hashes = hashes;
    this.#table = new SegmentedTable(
      { words: 2, slots, segmentSets: 512, importance, voidAfterSeconds: Infinity },
      state,
    );
  }

  /** Finds the actor or makes it. Forgets the pages of a visit that is over. */
  open(lo: number, hi: number, second: number): void {
    const table = this.#table;
    table.slot(lo, hi, second);
    const { record, at } = table;
    if (table.fresh) return;
    const idle = second - table.previousUse;
    if (idle > 0) {
      const word = record[at + outcomes]!;
      const span = Math.min(mostSpan, ((word >>> 16) & mostSpan) + idle);
      const tag = idle > visitSeconds ? 0 : word >>> tagShift;
      record[at + outcomes] = (word & 0xffff) | (span << 16) | (tag << tagShift);
    }
    if (idle > visitSeconds) record[at + visit] = markAgain;
    else record[at + visit]! |= markAgain;
  }

  /** As SegmentedTable: looks at the actor without opening it. */
  touch(lo: number, hi: number): number {
    return this.#table.touch(lo, hi);
  }
  touchEntry(lo: number, hi: number): number {
    return this.#table.touchEntry(lo, hi);
  }

  /** True when the last `open` made the actor. */
  get fresh(): boolean {
    return this.#table.fresh;
  }

  #isSame(one: number, other: number): boolean {
    return one === other || (this.#hashes !== null && this.#hashes[one] === this.#hashes[other]);
  }

  /**
   * What the actor used earlier in this visit, besides the part that it asks for now: bits of
   * lib/signature/standing.ts; 0: it came directly.
   */
  journey(bit: number, endpoint: number): number {
    const word = this.#table.record[this.#table.at + visit]!;
    const functions = (word >>> 8) & 0xff;
    const pages =
      (word & markPages) !== 0 ||
      ((bit & pageBits) !== 0 && (functions & bit) !== 0 && !this.#isSame(word >>> 16, endpoint));
    return (functions & ~bit) | (pages ? several : 0);
  }

  /**
   * The endpoint that the visit began with, when this request, which is not refused, is the first to go on from
   * there; else -1. From one log-in or stock look-up to its like is no way on.
   */
  entry(bit: number, endpoint: number): number {
    const word = this.#table.record[this.#table.at + visit]!;
    const functions = (word >>> 8) & 0xff;
    const began = word >>> 16;
    if (began === 0 || (functions & (functions - 1)) !== 0 || (word & markPages) !== 0) return -1;
    const toItsLike = functions === bit && (bit & pageBits) === 0;
    return toItsLike || this.#isSame(began, endpoint) ? -1 : began;
  }

  /** Whether the actor behaved, over time, as an attacker can't cheaply. */
  good(): boolean {
    return isGood(this.#table.record, this.#table.at);
  }

  /**
   * A try at a log-in, with a mark of its account from 1 to 255: true when it succeeds where the actor's last failure in
   * this visit was with the same account.
   */
  tries(account: number, succeeded: boolean): boolean {
    const { record, at } = this.#table;
    const word = record[at + outcomes]!;
    const recovers = succeeded && word >>> tagShift === account;
    if (recovers) record[at + outcomes] = word & mostOfWord;
    else if (!succeeded) record[at + outcomes] = (word & mostOfWord) | (account << tagShift);
    return recovers;
  }

  /** The request is over: what it says about the actor from now on. */
  note(bit: number, endpoint: number, succeeded: boolean, failed: boolean): void {
    const { record, at } = this.#table;
    let word = record[at + visit]!;
    if (failed) {
      if (word >>> 16 === 0) record[at + visit] = word | (endpoint << 16);
      this.#count(8);
      return;
    }
    if ((word & 0xff00) === 0) word = (word & 0xffff) | (endpoint << 16);
    if ((bit & pageBits) !== 0) {
      if ((word & (pageBits << 8)) === 0) word = (word & 0xffff) | (endpoint << 16);
      else if (!this.#isSame(word >>> 16, endpoint)) word |= markPages;
    }
    word |= bit << 8;
    record[at + visit] = word;
    // one endpoint again and again makes no history, however often it succeeds
    const functions = (word >>> 8) & 0xff;
    if (succeeded && ((word & markPages) !== 0 || (functions & (functions - 1)) !== 0)) this.#count(0);
  }

  /** One more success (shift 0) or failure (shift 8). */
  #count(shift: number): void {
    const { record, at } = this.#table;
    let word = record[at + outcomes]!;
    if (((word >>> shift) & 0xff) === mostOutcomes)
      word = (word & ~0xffff) | (((word & 0xff) >>> 1) | ((((word >>> 8) & 0xff) >>> 1) << 8));
    record[at + outcomes] = word + (1 << shift);
  }

  /**
   * Cookies gathered over this visit, seven at most. null until enough requests were counted: one cookie on a first
   * request is normal for everybody.
   */
  gathered(): number | null {
    const word = this.#table.record[this.#table.at + visit]!;
    return ((word >>> countedShift) & 7) < countedRequests ? null : (word >>> cookiesShift) & 7;
  }

  /** A request carried so many cookies; null: the log does not say, but that its answer set so many. */
  countCookies(carried: number | null, set: number): void {
    const { record, at } = this.#table;
    const word = record[at + visit]!;
    const counted = Math.min(countedRequests, ((word >>> countedShift) & 7) + 1);
    const before = (word >>> cookiesShift) & 7;
    // what is carried shows what was gathered; a session that is set anew with every answer stays one cookie
    const cookies = Math.min(mostCookies, carried === null ? before + set : Math.max(before, carried));
    record[at + visit] = (word & 0xffffff03) | (counted << countedShift) | (cookies << cookiesShift);
  }

  get entries(): number {
    return this.#table.entries;
  }
  get limit(): number {
    return this.#table.limit;
  }
  get evictions(): number {
    return this.#table.evictions;
  }
  get bytes(): number {
    return this.#table.bytes;
  }

  snapshot(): TableSnapshot {
    return this.#table.snapshot();
  }
}
