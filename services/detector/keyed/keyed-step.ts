import type { KeyedRecord } from '../../../lib/contracts/generated.ts';
import type { LogBatch, Outgoing } from '../../../lib/log/log.ts';
import { blobsOf, partValue, type Snapshot, valueBlob } from '../../../lib/log/snapshot.ts';
import type { PartitionState, StatefulStep, StepOutput } from '../../../lib/log/step.ts';
import type { Metrics } from '../../../lib/observability/metrics.ts';
import type { DetectorConfig } from '../config.ts';
import { aggregateLayoutHash } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';
import { policySetHash } from '../policies/load-policies.ts';
import { type AssemblyState, FrameAssembly } from '../reduce/frame-assembly.ts';
import { createEvictionReport, type EvictionReport } from '../state/eviction-report.ts';
import { tableBlobs, tableOfBlobs } from '../state/segmented-table.ts';
import { countVerdicts } from '../verdict.ts';
import { AccountJudge, type AccountJudgeState } from './account-judge.ts';

export interface KeyedOptions {
  readonly config: DetectorConfig;
  readonly policies: readonly Policy[];
  readonly metrics: Metrics;
}

/** What is small in a snapshot; the table of each policy is a part of its own. */
interface KeyedControl {
  readonly frames: AssemblyState<KeyedRecord>;
  readonly episodes: readonly (readonly [string, AccountJudgeState['episodes']])[];
  readonly judgedUntil: number;
}

const tablePart = (policyId: string): string => `accounts ${policyId}`;

/**
 * keyed: keyed -> verdicts. One partition holds all requests of its accounts, from wherever they came. Panes are gone
 * through in order once every source has closed them, their records in an order of their own, so what is found depends
 * neither on how traffic was spread nor on when frames came.
 */
export function createKeyedStep(options: KeyedOptions): StatefulStep<'keyed'> {
  const policies = options.policies.filter(({ scope }) => scope === 'account');
  return {
    name: 'detector.keyed',
    layoutHash: `keyed-2-${aggregateLayoutHash}-${policySetHash(policies)}`,
    open: (_partition, snapshot) => new KeyedPartition(snapshot, { ...options, policies }),
  };
}

class KeyedPartition implements PartitionState<'keyed'> {
  readonly #options: KeyedOptions;
  readonly #frames: FrameAssembly<KeyedRecord>;
  readonly #judges = new Map<string, AccountJudge>();
  readonly #forgotten: EvictionReport;
  #judgedUntil: number;

  constructor(snapshot: Snapshot | null, options: KeyedOptions) {
    const state = snapshot === null ? undefined : partValue<KeyedControl>(snapshot, 'control');
    this.#options = options;
    this.#frames = new FrameAssembly(state?.frames);
    this.#judgedUntil = state?.judgedUntil ?? -Infinity;
    const episodes = new Map(state?.episodes);
    for (const policy of options.policies) {
      const { id } = policy.document;
      const judge = new AccountJudge(
        policy,
        options.config,
        snapshot === null
          ? undefined
          : { windows: tableOfBlobs(blobsOf(snapshot, tablePart(id))), episodes: episodes.get(id) ?? [] },
      );
      this.#judges.set(id, judge);
    }
    this.#forgotten = createEvictionReport(options.metrics);
  }

  process(batch: LogBatch<'keyed'>): StepOutput {
    const outputs: Outgoing[] = [];
    let repeats = 0;
    for (const { value } of batch.records) {
      if (value.layout_hash !== aggregateLayoutHash)
        throw new Error(
          `keyed frame of layout ${value.layout_hash}, this reader has ${aggregateLayoutHash}: run one version of the detector`,
        );
      if (!this.#frames.add(value, value.records)) repeats++;
      const { until } = this.#frames.clock();
      if (until <= this.#judgedUntil) continue;
      for (const { paneStart, items } of this.#frames.take(until)) this.#pane(paneStart, items, outputs);
      this.#judgedUntil = until;
    }
    this.#report(repeats, outputs);
    return { outputs, deadLetters: [] };
  }

  #pane(paneStart: number, records: readonly KeyedRecord[], outputs: Outgoing[]): void {
    const sorted = [...records].sort(inOrder);
    for (const [id, judge] of this.#judges)
      outputs.push(
        ...judge.pane(
          paneStart,
          sorted.filter(({ policies }) => policies.includes(id)),
        ),
      );
  }

  #report(repeats: number, outputs: readonly Outgoing[]): void {
    const { metrics } = this.#options;
    if (repeats > 0) metrics.duplicates.inc({ step: 'detector.keyed' }, repeats);
    const table = 'keyed.accounts';
    let [entries, limit, evictions] = [0, 0, 0];
    for (const judge of this.#judges.values()) {
      entries += judge.entries;
      limit += judge.limit;
      evictions += judge.evictions;
    }
    this.#forgotten(table, evictions);
    metrics.stateEntries.set({ table }, entries);
    metrics.stateLimit.set({ table }, limit);
    countVerdicts(metrics, outputs);
  }

  snapshot(): Snapshot {
    const judges = [...this.#judges].map(([id, judge]) => [id, judge.snapshot()] as const);
    const control: KeyedControl = {
      frames: this.#frames.snapshot(),
      episodes: judges.map(([id, { episodes }]) => [id, episodes] as const),
      judgedUntil: this.#judgedUntil,
    };
    return new Map([
      ['control', [valueBlob(control)]],
      ...judges.map(([id, { windows }]) => [tablePart(id), tableBlobs(windows)] as const),
    ]);
  }
}

/** Time, account, then everything else that tells two records apart: equal ones are interchangeable. */
function inOrder(a: KeyedRecord, b: KeyedRecord): number {
  return (
    a.at - b.at ||
    (a.site < b.site ? -1 : a.site > b.site ? 1 : 0) ||
    (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) ||
    Buffer.compare(a.client, b.client) ||
    a.target - b.target ||
    a.flags - b.flags ||
    Number(a.known) - Number(b.known)
  );
}
