import type { KeyedFrame, OffsetRange } from '../../../lib/contracts/generated.ts';

/** What frames of every kind begin with. */
export type FrameHeader = Omit<KeyedFrame, 'records'>;

interface SourceParts<T> {
  readonly paneStart: number;
  readonly parts: (readonly T[] | null)[];
}

/** What a source has of one pane. */
interface SourcePane<T> {
  readonly items: readonly T[];
  readonly range: OffsetRange | null;
}

export interface AssemblyState<T> {
  readonly closedUntil: readonly (readonly [number, number])[];
  readonly ended: readonly number[];
  readonly open: readonly (readonly [number, SourceParts<T>])[];
  readonly panes: readonly (readonly [number, readonly (readonly [number, SourcePane<T>])[]])[];
}

/**
 * Puts the frames of all sources together. A frame says that its source has closed everything up to `watermark_at`; a
 * repeat (at or below what the source has closed) is skipped. A pane is complete when every source has closed it, or when
 * all have ended. One that has ended while others go on is behind them, no more: ends are told to all sources, and so is
 * what follows them.
 */
export class FrameAssembly<T> {
  readonly #closedUntil: Map<number, number>;
  readonly #ended: Set<number>;
  readonly #open: Map<number, SourceParts<T>>;
  readonly #panes: Map<number, Map<number, SourcePane<T>>>;
  #sources = 0;

  constructor(state?: AssemblyState<T>) {
    this.#closedUntil = new Map(state?.closedUntil);
    this.#ended = new Set(state?.ended);
    this.#open = new Map(
      state?.open.map(([source, parts]) => [source, { ...parts, parts: [...parts.parts] }]),
    );
    this.#panes = new Map(state?.panes.map(([pane, sources]) => [pane, new Map(sources)]));
  }

  /** Takes a frame in, and its items; false when it is a repeat. */
  add(frame: FrameHeader, items: () => readonly T[]): boolean {
    const source = frame.source_partition;
    this.#sources = frame.sources;
    const until = this.#closedUntil.get(source) ?? -Infinity;
    if (frame.watermark_at <= until) {
      // an end that it has gone on from is not its end
      if (frame.closing && frame.watermark_at === until) this.#ended.add(source);
      return false;
    }
    let open = this.#open.get(source);
    if (open === undefined || open.paneStart !== frame.pane_start_at || open.parts.length !== frame.parts) {
      open = { paneStart: frame.pane_start_at, parts: new Array(frame.parts).fill(null) };
      this.#open.set(source, open);
    }
    open.parts[frame.part] = items();
    if (open.parts.some((part) => part === null)) return true;
    this.#open.delete(source);
    this.#closedUntil.set(source, frame.watermark_at);
    if (frame.closing) this.#ended.add(source);
    else this.#ended.delete(source);
    const all = open.parts.flatMap((part) => part ?? []);
    if (all.length > 0) {
      let pane = this.#panes.get(frame.pane_start_at);
      if (pane === undefined) {
        pane = new Map();
        this.#panes.set(frame.pane_start_at, pane);
      }
      const { first_offset: first, last_offset: last } = frame;
      const range = first === null || last === null ? null : { partition: source, first, last };
      pane.set(source, { items: all, range });
    }
    return true;
  }

  /** Everything before this is complete; -Infinity until every source has spoken. */
  clock(): { readonly until: number; readonly ended: boolean } {
    if (this.#sources === 0 || this.#closedUntil.size < this.#sources)
      return { until: -Infinity, ended: false };
    const all = [...this.#closedUntil.values()];
    const ended = this.#ended.size === all.length;
    return { until: ended ? Math.max(...all) : Math.min(...all), ended };
  }

  /**
   * Complete panes from `from` to `until` in order of time, their items in order of source. They are forgotten here, and so
   * is what comes for earlier ones, which are gone through: `late` is told. Where sources end, one may have closed less far
   * than another.
   */
  *take(
    from: number,
    until: number,
    late: (items: readonly T[]) => void = () => {},
  ): Generator<{
    readonly paneStart: number;
    readonly items: readonly T[];
    readonly ranges: readonly OffsetRange[];
  }> {
    const due = [...this.#panes.keys()].filter((start) => start < until).sort((a, b) => a - b);
    for (const paneStart of due) {
      const sources = this.#panes.get(paneStart)!;
      this.#panes.delete(paneStart);
      if (paneStart < from) {
        for (const { items } of sources.values()) late(items);
        continue;
      }
      const inOrder = [...sources].sort(([a], [b]) => a - b).map(([, pane]) => pane);
      yield {
        paneStart,
        items: inOrder.flatMap(({ items }) => items),
        ranges: inOrder.flatMap(({ range }) => range ?? []),
      };
    }
  }

  snapshot(): AssemblyState<T> {
    return {
      closedUntil: [...this.#closedUntil],
      ended: [...this.#ended],
      open: [...this.#open],
      panes: [...this.#panes].map(([pane, sources]) => [pane, [...sources]] as const),
    };
  }
}
