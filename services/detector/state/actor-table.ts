import { partBit, several } from '../../../lib/signature/standing.ts';
import { SlotIndex, type SlotIndexState } from './slot-index.ts';

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
/** Successes, spread over this long, that make a history. */
const historySuccesses = 3;
const historySeconds = 60;

/** Requests after which a client's cookies say something. */
const countedRequests = 5;

export interface ActorTableState {
  readonly index: SlotIndexState;
  readonly columns: readonly (Uint32Array | Uint16Array | Uint8Array)[];
}

/**
 * What is remembered of actors (a session on one network, or an address with one fingerprint): what parts of the site
 * they used in this visit, and whether they have a history. 28 bytes each. A table belongs to one partition; the key
 * holds the network, so what it knows does not depend on how traffic is partitioned.
 */
export class ActorTable {
  readonly #index: SlotIndex;
  #firstSeen: Uint32Array;
  #successes: Uint16Array;
  #failures: Uint16Array;
  /** 16 bits of the first page-like endpoint of the visit. */
  #page: Uint16Array;
  /** Functions used in this visit. */
  #functions: Uint8Array;
  /** Bit 1: more than one page-like endpoint in this visit. */
  #marks: Uint8Array;
  /** Requests of this visit whose cookies were counted, and most cookies gathered; both stop at 255. */
  #counted: Uint8Array;
  #cookies: Uint8Array;

  constructor(limit: number, state?: ActorTableState) {
    this.#index = new SlotIndex(limit, state?.index);
    const size = this.#index.capacity;
    const columns = state?.columns;
    this.#firstSeen = (columns?.[0] as Uint32Array) ?? new Uint32Array(size);
    this.#successes = (columns?.[1] as Uint16Array) ?? new Uint16Array(size);
    this.#failures = (columns?.[2] as Uint16Array) ?? new Uint16Array(size);
    this.#page = (columns?.[3] as Uint16Array) ?? new Uint16Array(size);
    this.#functions = (columns?.[4] as Uint8Array) ?? new Uint8Array(size);
    this.#marks = (columns?.[5] as Uint8Array) ?? new Uint8Array(size);
    this.#counted = (columns?.[6] as Uint8Array) ?? new Uint8Array(size);
    this.#cookies = (columns?.[7] as Uint8Array) ?? new Uint8Array(size);
  }

  readonly #grown = (capacity: number, moved: Int32Array): void => {
    const move = <A extends Uint32Array | Uint16Array | Uint8Array>(old: A, fresh: A): A => {
      for (let slot = 0; slot < moved.length; slot++) if (moved[slot]! >= 0) fresh[moved[slot]!] = old[slot]!;
      return fresh;
    };
    this.#firstSeen = move(this.#firstSeen, new Uint32Array(capacity));
    this.#successes = move(this.#successes, new Uint16Array(capacity));
    this.#failures = move(this.#failures, new Uint16Array(capacity));
    this.#page = move(this.#page, new Uint16Array(capacity));
    this.#functions = move(this.#functions, new Uint8Array(capacity));
    this.#marks = move(this.#marks, new Uint8Array(capacity));
    this.#counted = move(this.#counted, new Uint8Array(capacity));
    this.#cookies = move(this.#cookies, new Uint8Array(capacity));
  };

  /** Slot of the actor, -1 when unknown. */
  find(lo: number, hi: number): number {
    return this.#index.find(lo, hi);
  }

  /** Slot of the actor, made if need be. Forgets the pages of a visit that is over. */
  slot(lo: number, hi: number, second: number): number {
    const slot = this.#index.slot(lo, hi, second, this.#grown);
    if (this.#index.fresh) {
      this.#firstSeen[slot] = second;
      this.#successes[slot] = 0;
      this.#failures[slot] = 0;
      this.#page[slot] = 0;
      this.#functions[slot] = 0;
      this.#marks[slot] = 0;
      this.#counted[slot] = 0;
      this.#cookies[slot] = 0;
    } else if (second - this.#index.previousUse > visitSeconds) {
      this.#functions[slot] = 0;
      this.#marks[slot] = 0;
      this.#counted[slot] = 0;
      this.#cookies[slot] = 0;
    }
    return slot;
  }

  /** True when the last `slot` call made the entry. */
  get fresh(): boolean {
    return this.#index.fresh;
  }

  /**
   * What the actor used earlier in this visit, besides the part that it asks for now: bits of
   * lib/signature/standing.ts; 0: it came directly.
   */
  journey(slot: number, bit: number, endpoint16: number): number {
    const functions = this.#functions[slot]!;
    const pages =
      (this.#marks[slot]! & 1) !== 0 ||
      ((bit & pageBits) !== 0 && (functions & bit) !== 0 && this.#page[slot] !== endpoint16);
    return (functions & ~bit) | (pages ? several : 0);
  }

  /** Whether the actor behaved, over time, as an attacker can't cheaply. */
  good(slot: number, second: number): boolean {
    const successes = this.#successes[slot]!;
    return (
      successes >= historySuccesses &&
      second - this.#firstSeen[slot]! >= historySeconds &&
      this.#failures[slot]! * 2 <= successes
    );
  }

  /** The request is over: what it says about the actor from now on. */
  record(slot: number, bit: number, endpoint16: number, succeeded: boolean, failed: boolean): void {
    if (failed) {
      if (this.#failures[slot]! < 65535) this.#failures[slot]!++;
      return;
    }
    if ((bit & pageBits) !== 0) {
      if ((this.#functions[slot]! & pageBits) === 0) this.#page[slot] = endpoint16;
      else if (this.#page[slot] !== endpoint16) this.#marks[slot]! |= 1;
    }
    this.#functions[slot]! |= bit;
    if (succeeded && this.#successes[slot]! < 65535) this.#successes[slot]!++;
  }

  /**
   * Cookies gathered over this visit. null until enough requests were counted: one cookie on a first request is normal
   * for everybody.
   */
  gathered(slot: number): number | null {
    return this.#counted[slot]! < countedRequests ? null : this.#cookies[slot]!;
  }

  /** A request carried so many cookies; null: the log does not say, but that its answer set so many. */
  countCookies(slot: number, carried: number | null, set: number): void {
    if (this.#counted[slot]! < 255) this.#counted[slot]!++;
    // what is carried shows what was gathered; a session that is set anew with every answer stays one cookie
    this.#cookies[slot] = Math.min(
      255,
      carried === null ? this.#cookies[slot]! + set : Math.max(this.#cookies[slot]!, carried),
    );
  }

  get entries(): number {
    return this.#index.entries;
  }
  get limit(): number {
    return this.#index.limit;
  }
  get evictions(): number {
    return this.#index.evictions;
  }

  snapshot(): ActorTableState {
    return {
      index: this.#index.snapshot(),
      columns: [
        this.#firstSeen,
        this.#successes,
        this.#failures,
        this.#page,
        this.#functions,
        this.#marks,
        this.#counted,
        this.#cookies,
      ],
    };
  }
}
