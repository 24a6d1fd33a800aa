/** One address that a campaign's signature selects. */
export interface Member {
  /** Halves of its hash. */
  readonly lo: number;
  readonly hi: number;
  hits: number;
  readonly firstSeenAt: number;
  /** In requests.enriched, of the first request. */
  readonly firstOffset: number;
  readonly samples: string[];
  /** 0 until a verdict was sent. */
  revision: number;
  decidedAt: number;
  untilAt: number;
}

/** 53 bits of a keyed 64-bit hash: exact as a number, and chance does not bring two of thousands together. */
function keyOf(lo: number, hi: number): number {
  return (hi >>> 0) * 0x200000 + (lo >>> 11);
}

/** Members under verdict that are passed over, one after the other, to find one that is not. */
const passedOver = 16;

/**
 * Members of one campaign in one partition, in order of arrival. At its limit the oldest that was not listed yet makes
 * room: an attack of addresses that come once must not push out those that come again.
 */
export class Members {
  readonly #limit: number;
  readonly #byKey = new Map<number, Member>();
  /** In order of arrival from `#first` on. */
  #queue: Member[] = [];
  #first = 0;
  evictions = 0;

  constructor(limit: number, state: readonly Member[] = []) {
    this.#limit = limit;
    for (const member of state) this.#put({ ...member, samples: [...member.samples] });
  }

  #put(member: Member): void {
    this.#byKey.set(keyOf(member.lo, member.hi), member);
    this.#queue.push(member);
  }

  /** The member with this hash, made if need be. */
  of(lo: number, hi: number, at: number, offset: number): Member {
    const known = this.#byKey.get(keyOf(lo, hi));
    if (known !== undefined) return known;
    if (this.#byKey.size >= this.#limit) this.#forget();
    const member: Member = {
      lo,
      hi,
      hits: 0,
      firstSeenAt: at,
      firstOffset: offset,
      samples: [],
      revision: 0,
      decidedAt: 0,
      untilAt: 0,
    };
    this.#put(member);
    return member;
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
      this.evictions++;
      return;
    }
  }

  snapshot(): readonly Member[] {
    return this.#queue.slice(this.#first);
  }
}
