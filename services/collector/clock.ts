/**
 * The one judge of time. A clock belongs to a source class; it decides for each stamp whether it is accepted, late or
 * from the future, gives accepted events their `received_at`, and ticks whenever `received_at` passes a second.
 *
 * - `live`: `received_at` is the wall clock, made monotone.
 * - `file`: `received_at` is the running maximum of accepted stamps, so that a log of last week is not "late". The
 *   maximum may leap by more than `leapMs` only when `agreeing` consecutive events agree, or the input ends; until
 *   then they are held. Among the held ones the longest run in order of time is believed, the others are set aside:
 *   one bad stamp, wherever it stands, moves nothing.
 *
 * Lateness L is what the class allows an event to lie behind `received_at`; a tick at `time` promises that nothing of
 * this class with `timestamp < time - L` follows. Everything is a parameter: nothing here reads a clock.
 */
export interface ClockOptions {
  readonly mode: 'live' | 'file';
  /** L: an event may lie this far behind `received_at`. */
  readonly latenessMs: number;
  /** An event may lie this far ahead of `received_at` (live) or of the wall clock (file). Default 60 s. */
  readonly futureMs?: number;
  /** File: a larger step forward needs agreement. Default 5 min. */
  readonly leapMs?: number;
  /** File: how many consecutive events must agree. Default 20. */
  readonly agreeing?: number;
  /** File: among fewer events than agree, a gap longer than this is not believed. Default 7 days. */
  readonly gapMs?: number;
}

export type ClockRefusal = 'late' | 'future';

/** Where judgements go. Called in the order of input; ticks stand before the event that passed the second. */
export interface ClockSink<T> {
  accept(item: T, receivedAt: number): void;
  refuse(item: T, reason: ClockRefusal, detail: string): void;
  tick(time: number, watermarkAt: number, closing: boolean): void;
}

export interface SourceClock<T> {
  /** Judges one event. `now` is the wall clock in epoch ms. */
  offer(stamp: number, item: T, now: number): void;
  /** The input has nothing more for the moment: held events are decided and, if it follows the wall, time goes on. */
  idle(now: number, followWall: boolean): void;
  /** The input has ended: held events are decided, the last tick is a closing one. */
  end(now: number): void;
  /** Events offered and not yet decided. */
  readonly holding: number;
}

const secondMs = 1000;

export function createClock<T>(options: ClockOptions, sink: ClockSink<T>): SourceClock<T> {
  const { mode, latenessMs, futureMs = 60_000, leapMs = 300_000, agreeing = 20 } = options;
  const gapMs = options.gapMs ?? 7 * 86_400_000;
  let time = Number.NEGATIVE_INFINITY;
  let nextTick = Number.NEGATIVE_INFINITY;
  let held: { readonly stamp: number; readonly item: T }[] = [];

  const advance = (to: number): void => {
    if (to <= time) return;
    time = to;
    if (time < nextTick) return;
    const second = Math.floor(time / secondMs) * secondMs;
    nextTick = second + secondMs;
    sink.tick(second, second - latenessMs, false);
  };

  const settle = (stamp: number, item: T): void => {
    if (stamp < time - latenessMs) {
      sink.refuse(item, 'late', `${time - stamp} ms behind; ${latenessMs} ms are allowed`);
      return;
    }
    advance(stamp);
    sink.accept(item, time);
  };

  const refuseFuture = (stamp: number, item: T, limit: number): void => {
    sink.refuse(item, 'future', `${new Date(stamp).toISOString()} is ${stamp - limit} ms ahead`);
  };

  /** `ended`: nothing follows that could agree or disagree. Else a leap among the last events is held again. */
  const decideHeld = (ended: boolean): void => {
    if (held.length === 0) return;
    const candidates = held;
    held = [];
    const stamps = candidates.map(({ stamp }) => stamp);
    const believed = orderedRun(stamps, latenessMs);
    if (!Number.isFinite(time)) dropLonely(stamps, believed, gapMs, ended);
    else if (ended) dropLeap(stamps, believed, time, gapMs);
    const first = believed.indexOf(true);
    const reference = first < 0 ? time : stamps[first]!;
    for (let index = 0; index < candidates.length; index++) {
      const { stamp, item } = candidates[index]!;
      if (!believed[index]) {
        if (stamp < reference) sink.refuse(item, 'late', 'far behind the events beside it');
        else refuseFuture(stamp, item, reference);
      } else if (!ended && index > first && stamp > time + leapMs) {
        held = candidates.slice(index);
        return;
      } else settle(stamp, item);
    }
  };

  const offerFile = (stamp: number, item: T, now: number): void => {
    if (stamp > now + futureMs) {
      refuseFuture(stamp, item, now);
      return;
    }
    if (stamp <= time + leapMs) {
      // An event where time stood speaks against those that leapt, unless it is itself too late.
      if (held.length > 0 && stamp >= time - latenessMs) {
        const leapt = held;
        held = [];
        for (const each of leapt) refuseFuture(each.stamp, each.item, time);
      }
      settle(stamp, item);
      return;
    }
    held.push({ stamp, item });
    if (held.length >= agreeing) decideHeld(false);
  };

  const offerLive = (stamp: number, item: T, now: number): void => {
    advance(now);
    if (stamp > time + futureMs) refuseFuture(stamp, item, time);
    else if (stamp < time - latenessMs)
      sink.refuse(item, 'late', `${time - stamp} ms behind; ${latenessMs} ms are allowed`);
    else sink.accept(item, time);
  };

  return {
    offer: mode === 'live' ? offerLive : offerFile,
    idle: (now, followWall) => {
      decideHeld(true);
      if (mode === 'live' || followWall) advance(now);
    },
    end: (now) => {
      decideHeld(true);
      if (mode === 'live') advance(now);
      if (!Number.isFinite(time)) return;
      // Nothing follows: the end of the running second is a promise that can be kept.
      const watermarkAt = mode === 'live' ? time - latenessMs : Math.floor(time / secondMs + 1) * secondMs;
      sink.tick(watermarkAt + latenessMs, watermarkAt, true);
    },
    get holding() {
      return held.length;
    },
  };
}

/**
 * Marks the longest subsequence in which no stamp lies more than `latenessMs` behind one before it; of equally long
 * ones the one that spans the least time. At most a few dozen stamps: quadratic is fine.
 */
function orderedRun(stamps: readonly number[], latenessMs: number): boolean[] {
  const length = stamps.map(() => 1);
  const from = stamps.map(() => -1);
  const lowest = [...stamps];
  const highest = [...stamps];
  let last = 0;
  const span = (index: number): number => highest[index]! - lowest[index]!;
  for (let index = 0; index < stamps.length; index++) {
    const stamp = stamps[index]!;
    for (let before = 0; before < index; before++) {
      if (stamp < highest[before]! - latenessMs || length[before]! + 1 < length[index]!) continue;
      const low = Math.min(lowest[before]!, stamp);
      const high = Math.max(highest[before]!, stamp);
      if (length[before]! + 1 === length[index]! && high - low > span(index)) continue;
      length[index] = length[before]! + 1;
      from[index] = before;
      lowest[index] = low;
      highest[index] = high;
    }
    if (length[index]! > length[last]! || (length[index] === length[last] && span(index) <= span(last)))
      last = index;
  }
  const marked = stamps.map(() => false);
  for (let index = last; index >= 0; index = from[index]!) marked[index] = true;
  return marked;
}

/**
 * At the opening there is no time yet to measure a leap from: of two sides of a long gap the larger is believed. Unless
 * the input has ended only the side before the gap can lose; the side behind it may still find agreement.
 */
function dropLonely(stamps: readonly number[], marked: boolean[], gapMs: number, ended: boolean): void {
  const indexes = stamps.map((_, index) => index).filter((index) => marked[index]);
  for (let position = 1; position < indexes.length; position++) {
    if (stamps[indexes[position]!]! - stamps[indexes[position - 1]!]! <= gapMs) continue;
    const before = indexes.slice(0, position);
    const after = indexes.slice(position);
    if (before.length > after.length && !ended) continue;
    for (const index of before.length > after.length ? after : before) marked[index] = false;
    dropLonely(stamps, marked, gapMs, ended);
    return;
  }
}

/** The input ended before a leap was confirmed: one over a long gap is not believed. */
function dropLeap(stamps: readonly number[], marked: boolean[], time: number, gapMs: number): void {
  let previous = time;
  let leapt = false;
  stamps.forEach((stamp, index) => {
    if (!marked[index]) return;
    leapt ||= stamp - previous > gapMs;
    if (leapt) marked[index] = false;
    else previous = stamp;
  });
}
