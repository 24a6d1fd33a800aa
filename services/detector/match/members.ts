import { type Newcomer, Newcomers } from './newcomers.ts';

/** One address that a campaign's signature selected more than once, or as often as it takes to be listed. */
export interface Member {
  /** Halves of its hash. */
  readonly lo: number;
  readonly hi: number;
  hits: number;
  readonly firstSeenAt: number;
  /** In requests.enriched, of the first request. */
  readonly firstOffset: number;
  /** Event ids, from the request on that made it a member. */
  readonly samples: string[];
  /** 0 until a verdict was sent. */
  revision: number;
  decidedAt: number;
  untilAt: number;
  /** What the verdict is about: the address, or its /64; '' until one was sent. */
  target: string;
}

/** 53 bits of a keyed 64-bit hash: exact as a number, and chance does not bring two of thousands together. */
function keyOf(lo: number, hi: number): number {
  return (hi >>> 0) * 0x200000 + (lo >>> 11);
}

/** Members under verdict that are passed over, one after the other, to find one that is not. */
const passedOver = 16;

export interface MembersState {
  readonly letGo: boolean;
  readonly members: readonly Member[];
  readonly newcomers: readonly Newcomer[];
}

/**
 * Members of one campaign in one partition, in order of arrival, and as many that came once so far. At the limit the oldest
 * that was not listed yet makes room: an attack of addresses that come once must not push out those that come again.
 */
export class Members {
  readonly #limit: number;
  /** null: one request is enough to be listed. */
  readonly #newcomers: Newcomers | null;
  readonly #byKey = new Map<number, Member>();
  /** In order of arrival from `#first` on. */
  #queue: Member[] = [];
  #first = 0;
  #evictions = 0;
  #isLetGo: boolean;

  /** `after`: requests that it takes to be listed. */
  constructor(limit: number, after: number, state?: MembersState) {
    this.#limit = limit;
    this.#newcomers = after < 2 ? null : new Newcomers(limit, state?.newcomers);
    this.#isLetGo = state?.letGo ?? false;
    for (const member of state?.members ?? []) this.#put({ ...member, samples: [...member.samples] });
  }

  get evictions(): number {
    return this.#evictions + (this.#newcomers?.evictions ?? 0);
  }

  #put(member: Member): void {
    this.#byKey.set(keyOf(member.lo, member.hi), member);
    this.#queue.push(member);
  }

  /** One more request of the address with this hash, at `at` (ms): null when it is its first one, of several it takes. */
  hit(lo: number, hi: number, at: number, offset: number): Member | null {
    if (this.#isLetGo) return null;
    const known = this.#byKey.get(keyOf(lo, hi));
    if (known !== undefined) {
      known.hits++;
      return known;
    }
    const newcomers = this.#newcomers;
    const newcomer = newcomers?.take(lo, hi) ?? null;
    if (newcomers !== null && newcomer === null) {
      newcomers.add(lo, hi, at, offset);
      return null;
    }
    if (this.#byKey.size >= this.#limit) this.#forget();
    const member: Member = {
      lo,
      hi,
      hits: newcomer === null ? 1 : 2,
      firstSeenAt: newcomer?.firstSeenAt ?? at,
      firstOffset: newcomer?.firstOffset ?? offset,
      samples: [],
      revision: 0,
      decidedAt: 0,
      untilAt: 0,
      target: '',
    };
    this.#put(member);
    return member;
  }

  /** Its campaign was none: nobody is a member any more, nor becomes one. Answers who was listed. */
  letGo(): Member[] {
    const listed = this.#queue.slice(this.#first).filter(({ revision }) => revision > 0);
    this.#byKey.clear();
    this.#queue = [];
    this.#first = 0;
    this.#isLetGo = true;
    return listed;
  }

  #forget(): void {
    for (let tried = 0; ; tried++) {
      const member = this.#queue[this.#first++]!;
      if (this.#first * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#first);
        this.#first = 0;
      }
      if (member.revision > 0 && tried < passedOver) {
        this.#queue.push(member);
        continue;
      }
      this.#byKey.delete(keyOf(member.lo, member.hi));
      this.#evictions++;
      return;
    }
  }

  snapshot(): MembersState {
    return {
      letGo: this.#isLetGo,
      members: this.#queue.slice(this.#first),
      newcomers: this.#newcomers?.snapshot() ?? [],
    };
  }
}
