import type { OffsetRange } from '../../../lib/contracts/generated.ts';
import { minutePanes } from '../layout.ts';

/** Panes are remembered one by one for a minute, then minute by minute for an hour: as long as windows reach. */
const minutes = 61;

interface Span {
  /** Number of the pane, or of the minute. */
  readonly at: number;
  /** The last pane that it holds. */
  readonly last: number;
  readonly ranges: readonly OffsetRange[];
}

export interface InputHistoryState {
  readonly panes: readonly Span[];
  readonly minutes: readonly Span[];
}

/**
 * Where in requests.enriched the panes of the last hour stand, by source partition: what a verdict names as its inputs.
 * Ranges hold all that counted; requests of neighbouring panes and of other sites stand between them.
 */
export class InputHistory {
  #panes: Span[];
  #minutes: Span[];

  constructor(state?: InputHistoryState) {
    this.#panes = [...(state?.panes ?? [])];
    this.#minutes = [...(state?.minutes ?? [])];
  }

  /** The next pane. */
  note(pane: number, ranges: readonly OffsetRange[]): void {
    this.#panes.push({ at: pane, last: pane, ranges });
    if (this.#panes[0]!.at > pane - minutePanes) return;
    const kept = this.#panes.filter(({ at }) => at > pane - minutePanes);
    for (const { last, ranges } of this.#panes.slice(0, this.#panes.length - kept.length)) {
      const at = Math.floor(last / minutePanes);
      const before = this.#minutes.at(-1);
      if (before?.at === at)
        this.#minutes[this.#minutes.length - 1] = { at, last, ranges: united([before.ranges, ranges]) };
      else this.#minutes.push({ at, last, ranges });
    }
    const present = Math.floor(pane / minutePanes);
    this.#minutes = this.#minutes.filter(({ at }) => at > present - minutes);
    this.#panes = kept;
  }

  /** Of the panes (pane - panes, pane]; beyond a minute whole minutes. */
  within(pane: number, panes: number): OffsetRange[] {
    const from = pane - panes;
    return united([
      ...this.#minutes.filter(({ last }) => last > from).map(({ ranges }) => ranges),
      ...this.#panes.filter(({ last }) => last > from && last <= pane).map(({ ranges }) => ranges),
    ]);
  }

  snapshot(): InputHistoryState {
    return { panes: this.#panes, minutes: this.#minutes };
  }
}

/** One range for each partition, by partition. */
function united(all: readonly (readonly OffsetRange[])[]): OffsetRange[] {
  const merged = new Map<number, OffsetRange>();
  for (const range of all.flat()) {
    const known = merged.get(range.partition);
    merged.set(
      range.partition,
      known === undefined
        ? range
        : {
            partition: range.partition,
            first: Math.min(known.first, range.first),
            last: Math.max(known.last, range.last),
          },
    );
  }
  return [...merged.values()].sort((a, b) => a.partition - b.partition);
}
