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
 * Look-ups in series: of one value after another, with no page between them. A page speaks for as many as somebody
 * opens from one, and whoever takes this long over each reads what it says.
 */
const pageSpeaksFor = 5;
const lookUpSeconds = 8;

/**
 * A record. Outcomes: 7 bits of successes, 7 of failures, 6 of seconds between the first request and the last (as many
 * as fit), 6 that mark the last failed log-in (0: none), 4 of look-ups in series, 2 that mark what the
 * last one asked for. Visit: 16 bits that stand for the endpoint it began with, 8
 * of the functions used in it, 2 marks, 3 bits of requests whose cookies were counted, 3 of the most cookies gathered. A
 * visit begins anew with its first success, and with its first page: what was refused, or is no page, led there.
 */
const outcomes = 0;
const visit = 1;
const failuresShift = 7;
/** Of either. Beyond this both are halved: their ratio is what counts. */
const mostOutcomes = 0x7f;
const bothOutcomes = 0x3fff;
const spanShift = 14;
const mostSpan = 0x3f;
const tagShift = 20;
const mostTag = 0x3f;
const seriesShift = 26;
/** As many look-ups make a series. */
const mostSeries = 0xf;
const askedShift = 30;
/** More than one page-like endpoint in this visit. */
const markPages = 1;
/** Seen more than once. */
const markAgain = 2;
const countedShift = 2;
const cookiesShift = 5;

/** A mark of an account, from 2 up; 1: the log does not name it. A tag is twice of it, and 1 if it was a page. */
export function accountMark(lo: number, hi: number): number {
  return lo === 0 && hi === 0 ? 1 : 2 + ((lo >>> 0) % ((mostTag >>> 1) - 1));
}

/** What a try at a log-in was answered: a page is a yes of some log-ins, and of others the form again. */
export type Answer = 'no' | 'page' | 'yes';

/** The word with `value` in the bits of `mask` from `shift` on. */
const put = (word: number, shift: number, mask: number, value: number): number =>
  (word & ~(mask << shift)) | (value << shift);

/** Spread over as long as a history is. */
const isLasting = (word: number): boolean => ((word >>> spanShift) & mostSpan) >= historySeconds;

function isGood(record: Int32Array, at: number): boolean {
  const word = record[at + outcomes]!;
  const successes = word & mostOutcomes;
  return (
    successes >= historySuccesses &&
    isLasting(word) &&
    ((word >>> failuresShift) & mostOutcomes) * 2 <= successes
  );
}

/** The word when so many look-ups in series were spoken for. */
function lessSeries(word: number, spokenFor: number): number {
  const series = (word >>> seriesShift) & mostSeries;
  return series === 0 ? word : put(word, seriesShift, mostSeries, Math.max(0, series - spokenFor));
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
      let word = record[at + outcomes]!;
      word = put(word, spanShift, mostSpan, Math.min(mostSpan, ((word >>> spanShift) & mostSpan) + idle));
      if (idle > visitSeconds) word = put(word, tagShift, mostTag, 0);
      record[at + outcomes] = lessSeries(word, Math.floor(idle / lookUpSeconds));
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

  /** Whether its requests are spread over as long as a history is. */
  lasting(): boolean {
    const { record, at } = this.#table;
    return isLasting(record[at + outcomes]!);
  }

  /** Whether the actor behaved, over time, as an attacker can't cheaply. */
  good(): boolean {
    return isGood(this.#table.record, this.#table.at);
  }

  /**
   * A try at a log-in, with the mark of its account: true when it succeeds where the actor's last failure in this visit
   * was with the same account. Whether a page was one shows when something better follows it.
   */
  tries(account: number, answer: Answer): boolean {
    const { record, at } = this.#table;
    const word = record[at + outcomes]!;
    const tag = (word >>> tagShift) & mostTag;
    const isAgain = tag >>> 1 === account;
    const recovers = isAgain && (answer === 'yes' || (answer === 'page' && (tag & 1) === 0));
    if (recovers || answer !== 'yes')
      record[at + outcomes] = put(
        word,
        tagShift,
        mostTag,
        recovers ? 0 : account * 2 + (answer === 'page' ? 1 : 0),
      );
    return recovers;
  }

  /** A look-up of the value with this hash: true when those before it are a series. */
  looksUp(asked: number): boolean {
    const { record, at } = this.#table;
    const word = record[at + outcomes]!;
    const before = (word >>> seriesShift) & mostSeries;
    const mark = (asked ^ (asked >>> 16)) & 3;
    // to ask for the same again is to wait for it
    const goesOn = before === 0 || mark !== word >>> askedShift;
    const series = goesOn ? Math.min(mostSeries, before + 1) : before;
    record[at + outcomes] = put(put(word, seriesShift, mostSeries, series), askedShift, 3, mark);
    return before === mostSeries;
  }

  /** The request is over: what it says about the actor from now on. */
  note(bit: number, endpoint: number, succeeded: boolean, failed: boolean): void {
    const { record, at } = this.#table;
    let word = record[at + visit]!;
    if (failed) {
      if (word >>> 16 === 0) record[at + visit] = word | (endpoint << 16);
      this.#count(failuresShift);
      return;
    }
    if ((word & 0xff00) === 0) word = (word & 0xffff) | (endpoint << 16);
    if ((bit & pageBits) !== 0) {
      record[at + outcomes] = lessSeries(record[at + outcomes]!, pageSpeaksFor);
      if ((word & (pageBits << 8)) === 0) word = (word & 0xffff) | (endpoint << 16);
      else if (!this.#isSame(word >>> 16, endpoint)) word |= markPages;
    }
    word |= bit << 8;
    record[at + visit] = word;
    // one endpoint again and again makes no history, however often it succeeds
    const functions = (word >>> 8) & 0xff;
    if (succeeded && ((word & markPages) !== 0 || (functions & (functions - 1)) !== 0)) this.#count(0);
  }

  /** One more success (shift 0) or failure. */
  #count(shift: number): void {
    const { record, at } = this.#table;
    let word = record[at + outcomes]!;
    if (((word >>> shift) & mostOutcomes) === mostOutcomes) {
      const successes = (word & mostOutcomes) >>> 1;
      const failures = ((word >>> failuresShift) & mostOutcomes) >>> 1;
      word = (word & ~bothOutcomes) | successes | (failures << failuresShift);
    }
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
