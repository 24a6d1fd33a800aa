import type { KeyedRecord } from '../../../lib/contracts/generated.ts';
import type { LogBatch, Outgoing } from '../../../lib/log/log.ts';
import { blobsOf, partValue, type Snapshot, valueBlob } from '../../../lib/log/snapshot.ts';
import type { PartitionState, StatefulStep, StepOutput } from '../../../lib/log/step.ts';
import type { Metrics } from '../../../lib/observability/metrics.ts';
import type { DetectorConfig } from '../config.ts';
import { type AssemblyState, FrameAssembly } from '../frames/frame-assembly.ts';
import { InputHistory, type InputHistoryState } from '../frames/input-history.ts';
import { aggregateLayoutHash, paneMs } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';
import { settledOnly } from '../policies/settled-only.ts';
import type { PoliciesInForce, PolicyTimeline } from '../policies/timeline.ts';
import { createEvictionReport, type EvictionReport } from '../state/eviction-report.ts';
import { tableBlobs, tableLayout, tableOfBlobs } from '../state/segmented-table.ts';
import { countVerdicts } from '../verdict.ts';
import { AccountJudge, type AccountJudgeState } from './account-judge.ts';

export interface KeyedOptions {
  readonly config: DetectorConfig;
  readonly policies: PolicyTimeline;
  readonly metrics: Metrics;
}

/** What is small in a snapshot; the table of each policy is a part of its own. */
interface KeyedControl {
  readonly frames: AssemblyState<KeyedRecord>;
  readonly inputs: InputHistoryState;
  readonly judges: readonly {
    readonly id: string;
    readonly hash: string;
    readonly match: string;
    readonly episodes: AccountJudgeState['episodes'];
    readonly lost: AccountJudgeState['lost'];
  }[];
  readonly judgedUntil: number;
}

interface Judging {
  readonly policy: Policy;
  readonly judge: AccountJudge;
}

const tablePart = (policyId: string): string => `accounts ${policyId}`;

/**
 * keyed: keyed -> verdicts. One partition holds all requests of its accounts, from wherever they came. Panes are gone
 * through in order once every source has closed them, their records in an order of their own, so what is found depends
 * neither on how traffic was spread nor on when frames came.
 */
export function createKeyedStep(options: KeyedOptions): StatefulStep<'keyed'> {
  const step: StatefulStep<'keyed'> = {
    name: 'detector.keyed',
    layoutHash: `keyed-5-${tableLayout}-${aggregateLayoutHash}`,
    open: (_partition, snapshot) => new KeyedPartition(snapshot, options),
  };
  return settledOnly(step, options.policies, ({ value }) => value.watermark_at);
}

class KeyedPartition implements PartitionState<'keyed'> {
  readonly #options: KeyedOptions;
  readonly #frames: FrameAssembly<KeyedRecord>;
  readonly #inputs: InputHistory;
  /** By id of the policy. */
  #judges = new Map<string, Judging>();
  readonly #forgotten: EvictionReport;
  /** Start of the last pane that was judged. */
  #judgedPane: number;
  #judgedUntil: number;

  constructor(snapshot: Snapshot | null, options: KeyedOptions) {
    const state = snapshot === null ? undefined : partValue<KeyedControl>(snapshot, 'control');
    this.#options = options;
    this.#frames = new FrameAssembly(state?.frames);
    this.#inputs = new InputHistory(state?.inputs);
    this.#judgedUntil = state?.judgedUntil ?? -Infinity;
    this.#judgedPane = this.#judgedUntil - paneMs;
    this.#adopt(options.policies.at(this.#judgedPane), (policy) => {
      const { id, match } = policy.document;
      const kept = state?.judges.find((judge) => judge.id === id && judge.match === match);
      if (kept === undefined) return undefined;
      const episodes = kept.hash === policy.hash ? kept.episodes : [];
      return { windows: tableOfBlobs(blobsOf(snapshot!, tablePart(id))), episodes, lost: kept.lost };
    });
    this.#forgotten = createEvictionReport(options.metrics);
  }

  /** These policies judge from now on; `stateOf`: what is known of the accounts that a policy looks at. */
  #adopt({ policies }: PoliciesInForce, stateOf: (policy: Policy) => AccountJudgeState | undefined): void {
    const judges = new Map<string, Judging>();
    for (const policy of policies) {
      if (policy.scope !== 'account') continue;
      const { id } = policy.document;
      const present = this.#judges.get(id);
      const judge =
        present?.policy.hash === policy.hash
          ? present.judge
          : new AccountJudge(policy, this.#options.config, stateOf(policy));
      judges.set(id, { policy, judge });
    }
    this.#judges = judges;
  }

  /** Sets of policies that hold from a pane not after this one. Another filter counts other requests: it starts anew. */
  #adoptUntil(paneStart: number): void {
    for (const set of this.#options.policies.between(this.#judgedPane, paneStart))
      this.#adopt(set, ({ document }) => {
        const present = this.#judges.get(document.id);
        return present?.policy.document.match === document.match
          ? { ...present.judge.snapshot(), episodes: [] }
          : undefined;
      });
    this.#judgedPane = paneStart;
  }

  process(batch: LogBatch<'keyed'>): StepOutput {
    const outputs: Outgoing[] = [];
    let repeats = 0;
    for (const { value } of batch.records) {
      if (value.layout_hash !== aggregateLayoutHash)
        throw new Error(
          `keyed frame of layout ${value.layout_hash}, this reader has ${aggregateLayoutHash}: run one version of the detector`,
        );
      if (!this.#frames.add(value, () => value.records)) repeats++;
      const { until } = this.#frames.clock();
      if (until <= this.#judgedUntil) continue;
      const late = (records: readonly KeyedRecord[]): void => {
        const { afterClose } = this.#options.metrics;
        for (const { site } of records) afterClose.inc({ step: 'detector.keyed', site });
      };
      for (const { paneStart, items, ranges } of this.#frames.take(this.#judgedUntil, until, late)) {
        this.#inputs.note(paneStart / paneMs, ranges);
        this.#pane(paneStart, items, outputs);
      }
      this.#judgedUntil = until;
    }
    this.#report(repeats, outputs);
    return { outputs, deadLetters: [] };
  }

  #pane(paneStart: number, records: readonly KeyedRecord[], outputs: Outgoing[]): void {
    this.#adoptUntil(paneStart);
    const sorted = [...records].sort(inOrder);
    for (const [id, { judge }] of this.#judges)
      outputs.push(
        ...judge.pane(
          paneStart,
          sorted.filter(({ policies }) => policies.includes(id)),
          this.#inputs,
        ),
      );
  }

  #report(repeats: number, outputs: readonly Outgoing[]): void {
    const { metrics } = this.#options;
    if (repeats > 0) metrics.duplicates.inc({ step: 'detector.keyed' }, repeats);
    const table = 'keyed.accounts';
    let [entries, limit, evictions, episodes] = [0, 0, 0, 0];
    for (const { judge } of this.#judges.values()) {
      entries += judge.entries;
      limit += judge.limit;
      evictions += judge.evictions;
      episodes += judge.forgottenEpisodes;
    }
    this.#forgotten(table, evictions);
    this.#forgotten('keyed.verdicts', episodes);
    metrics.stateEntries.set({ table }, entries);
    metrics.stateLimit.set({ table }, limit);
    countVerdicts(metrics, outputs);
  }

  snapshot(): Snapshot {
    const judges = [...this.#judges.values()].map(({ policy, judge }) => ({
      policy,
      state: judge.snapshot(),
    }));
    const control: KeyedControl = {
      frames: this.#frames.snapshot(),
      inputs: this.#inputs.snapshot(),
      judges: judges.map(({ policy: { document, hash }, state: { episodes, lost } }) => ({
        id: document.id,
        hash,
        match: document.match,
        episodes,
        lost,
      })),
      judgedUntil: this.#judgedUntil,
    };
    return new Map([
      ['control', [valueBlob(control)]],
      ...judges.map(
        ({ policy, state }) => [tablePart(policy.document.id), tableBlobs(state.windows)] as const,
      ),
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
