import type { FrameSample } from '../frames/sample-row.ts';
import { countNames, flag, type SketchName, sketchIndex, sketchNames, suspiciousFlags } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { BottomK } from '../sketches/bottom-k.ts';
import { HyperLogLog } from '../sketches/hyper-log-log.ts';
import type { Contribution } from './contribution.ts';
import { type Sampled, sampleOf } from './sampled.ts';

/**
 * Partial aggregate of one group in one pane: counts, sketches and two samples (suspicious requests, and others). Used
 * again for another group after `clear`, so that a pane allocates little.
 */
export class GroupAccumulator {
  readonly counts = new Int32Array(countNames.length);
  /** In the order of the layout; null: nobody reads it. */
  readonly #sketches: readonly (HyperLogLog | null)[];
  /** Those that are there and take one value a request, and where each stands in the order of the layout. */
  readonly #single: readonly HyperLogLog[];
  readonly #places: readonly number[];
  readonly #suspicious: BottomK<Sampled>;
  readonly #others: BottomK<Sampled>;

  constructor(samples: number, sketches: ReadonlySet<SketchName>) {
    this.#sketches = sketchNames.map((name) => (sketches.has(name) ? new HyperLogLog() : null));
    const single = sketchNames.filter((name) => sketches.has(name) && name !== 'values');
    this.#places = single.map((name) => sketchIndex[name]);
    this.#single = this.#places.map((place) => this.#sketches[place]!);
    this.#suspicious = new BottomK(samples);
    this.#others = new BottomK(samples);
  }

  add(contribution: Contribution): void {
    const { counts } = this;
    const { raised, flags, shown, order } = contribution;
    for (let at = 0; at < raised; at++) counts[contribution.counts[at]!]!++;
    if ((flags & flag.verified) !== 0) return;
    const places = this.#places;
    for (let at = 0; at < places.length; at++) {
      const place = places[at]! * 2;
      const lo = shown[place]!;
      if (lo !== 0) this.#single[at]!.add(lo, shown[place + 1]!);
    }
    const values = this.#sketches[sketchIndex.values]!;
    if (values !== null) {
      const { values: of, valueCount } = contribution.facts!;
      for (let at = 0; at < valueCount * 2; at += 2) values.add(of[at]!, of[at + 1]!);
    }
    const sample = (flags & suspiciousFlags) !== 0 ? this.#suspicious : this.#others;
    if (sample.wants(order)) sample.add(order, sampledOf(contribution));
  }

  partial(site: string, kind: string, key: string): PaneGroup<FrameSample> {
    const counts = new Array<number>(this.counts.length);
    for (let column = 0; column < counts.length; column++) counts[column] = this.counts[column]!;
    const samples: FrameSample[] = [];
    for (const item of this.#suspicious.items()) samples.push(sampleOf(item));
    for (const item of this.#others.items()) samples.push(sampleOf(item));
    return {
      site,
      kind,
      key,
      counts,
      sketches: this.#sketches.map((sketch) => sketch?.toBytes() ?? nothing),
      samples,
    };
  }

  clear(): void {
    this.counts.fill(0);
    for (const sketch of this.#sketches) sketch?.clear();
    this.#suspicious.clear();
    this.#others.clear();
  }
}

const nothing = Buffer.alloc(0);

/** One for all groups of the request. */
function sampledOf(contribution: Contribution): Sampled {
  const { samples, event, endpoint, flags, order } = contribution;
  contribution.sampled ??= samples.read(event!, endpoint, flags, order);
  return contribution.sampled;
}
