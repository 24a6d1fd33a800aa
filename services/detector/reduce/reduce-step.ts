import type { LogBatch, Outgoing } from '../../../lib/log/log.ts';
import { type Snapshot, valueOfSnapshot, valueSnapshot } from '../../../lib/log/snapshot.ts';
import type { PartitionState, StatefulStep, StepOutput } from '../../../lib/log/step.ts';
import type { Metrics } from '../../../lib/observability/metrics.ts';
import { type ApiCatalogue, emptyCatalogue } from '../../../lib/path/api-catalogue.ts';
import type { DetectorConfig } from '../config.ts';
import { type AssemblyState, FrameAssembly } from '../frames/frame-assembly.ts';
import { groupsOf } from '../frames/frames.ts';
import { InputHistory, type InputHistoryState } from '../frames/input-history.ts';
import { byKindAndKey } from '../groups.ts';
import type { InventorySettings } from '../inventory/classify.ts';
import { asCounted, flushInventory, observePane } from '../inventory/inventory.ts';
import { aggregateLayoutHash, countIndex, paneMs } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { settledOnly } from '../policies/settled-only.ts';
import type { PoliciesInForce, PolicyTimeline } from '../policies/timeline.ts';
import { mergeGroups } from '../sketches/merge-partials.ts';
import { countVerdicts } from '../verdict.ts';
import { adoptPolicies } from './campaigns/adopt-policies.ts';
import { tickOut } from './campaigns/outputs.ts';
import { passQuietTime } from './campaigns/quiet-campaigns.ts';
import { createSiteState } from './site/create-site-state.ts';
import { learnedFeatures } from './site/learn-scope.ts';
import { type LearnedSite, learnedOf, warm } from './site/learned.ts';
import { areNetworksHidden } from './site/rerouted.ts';
import { FigureTable } from './site/scope-figures.ts';
import { isHostMissing } from './site/sight.ts';
import { judgedKinds } from './site/site-mix.ts';
import { restoreSite, type SiteSnapshot, snapshotSite } from './site/site-snapshot.ts';
import { isAttacked, type ReduceSettings, type SiteState } from './site/site-state.ts';
import { reducePane } from './site-reducer.ts';

export interface ReduceOptions {
  readonly config: DetectorConfig;
  readonly policies: PolicyTimeline;
  /** Partitions of aggregates and of campaigns. */
  readonly reducers: number;
  readonly campaignPartitions: number;
  /** What OpenAPI documents say of the endpoints; default: nothing. */
  readonly api?: ApiCatalogue;
  /** Learned elsewhere: a site that is met for the first time begins with it. */
  readonly learned?: readonly LearnedSite[];
  /** The input has ended: what this partition knows of its sites. */
  readonly onEnded?: (learned: readonly LearnedSite[]) => void;
  readonly metrics: Metrics;
}

interface ReduceSnapshot {
  readonly frames: AssemblyState<PaneGroup>;
  readonly sites: readonly SiteSnapshot[];
  readonly inputs: InputHistoryState;
  readonly reducedUntil: number;
}

/**
 * reduce: aggregates -> campaigns, verdicts. One partition holds all groups of its sites. Panes are reduced in order
 * once every source has closed them, so nothing here depends on how traffic was spread or when frames came. After each
 * advance a CampaignTick says up to which time everything decided has been published.
 */
export function createReduceStep(options: ReduceOptions): StatefulStep<'aggregates'> {
  const step: StatefulStep<'aggregates'> = {
    name: 'detector.reduce',
    layoutHash: `reduce-17-${aggregateLayoutHash}`,
    open: (partition, snapshot) => new ReducePartition(partition, snapshot, options),
  };
  return settledOnly(step, options.policies, ({ value }) => value.watermark_at);
}

class ReducePartition implements PartitionState<'aggregates'> {
  readonly #partition: number;
  readonly #options: ReduceOptions;
  /** With the policies that hold for the pane at hand. */
  #settings: ReduceSettings;
  /** Start of the last pane whose policies were adopted. */
  #adoptedUntil: number;
  /** Restored campaigns may stand under what files said before. */
  #adoptionDue: boolean;
  readonly #inventory: InventorySettings;
  readonly #frames: FrameAssembly<PaneGroup>;
  readonly #sites = new Map<string, SiteState>();
  readonly #inputs: InputHistory;
  #reducedUntil: number;

  constructor(partition: number, snapshot: Snapshot | null, options: ReduceOptions) {
    const state = snapshot === null ? undefined : valueOfSnapshot<ReduceSnapshot>(snapshot);
    this.#partition = partition;
    this.#options = options;
    const { config, policies, api = emptyCatalogue } = options;
    this.#inventory = { config: config.inventory, api };
    this.#frames = new FrameAssembly(state?.frames);
    this.#inputs = new InputHistory(state?.inputs);
    for (const site of state?.sites ?? []) this.#sites.set(site.site, restoreSite(site));
    this.#reducedUntil = state?.reducedUntil ?? -Infinity;
    this.#adoptedUntil = this.#reducedUntil - paneMs;
    this.#settings = this.#settingsOf(policies.at(this.#adoptedUntil));
    this.#adoptionDue = state !== undefined;
  }

  #settingsOf({ policies }: PoliciesInForce): ReduceSettings {
    const { config, api = emptyCatalogue } = this.#options;
    return {
      config,
      policies,
      judged: judgedKinds(policies),
      learned: learnedFeatures(policies),
      figures: new FigureTable(policies),
      api,
      inputs: (pane, panes) => this.#inputs.within(pane, panes),
    };
  }

  /** Sets of policies that hold from a pane not after this one, each at its own pane, whether that held requests or not. */
  #adoptUntil(paneStart: number, outputs: Outgoing[]): void {
    if (this.#adoptionDue) this.#adopt(this.#reducedUntil / paneMs, outputs);
    this.#adoptionDue = false;
    for (const set of this.#options.policies.between(this.#adoptedUntil, paneStart)) {
      this.#passTime(set.from / paneMs, outputs);
      this.#settings = this.#settingsOf(set);
      this.#adopt(set.from / paneMs, outputs);
    }
    this.#adoptedUntil = Math.max(this.#adoptedUntil, paneStart);
  }

  #adopt(pane: number, outputs: Outgoing[]): void {
    for (const state of this.#sites.values()) outputs.push(...adoptPolicies(state, this.#settings, pane));
  }

  process(batch: LogBatch<'aggregates'>): StepOutput {
    const outputs: Outgoing[] = [];
    let repeats = 0;
    for (const record of batch.records) {
      if (record.value.layout_hash !== aggregateLayoutHash)
        throw new Error(
          `pane frame of layout ${record.value.layout_hash}, this reducer reads ${aggregateLayoutHash}: run one version of the detector`,
        );
      if (!this.#frames.add(record.value, () => groupsOf(record.value))) repeats++;
      const { until, ended } = this.#frames.clock();
      if (until > this.#reducedUntil) this.#advance(until, ended, outputs);
      else if (ended && record.value.closing) this.#tick(ended, outputs);
    }
    if (repeats > 0) this.#options.metrics.duplicates.inc({ step: 'detector.reduce' }, repeats);
    this.#report(outputs);
    return { outputs, deadLetters: [] };
  }

  #advance(until: number, ended: boolean, outputs: Outgoing[]): void {
    const late = (groups: readonly PaneGroup[]): void => this.#countLate(groups);
    for (const { paneStart, items: groups, ranges } of this.#frames.take(this.#reducedUntil, until, late)) {
      const pane = paneStart / paneMs;
      this.#inputs.note(pane, ranges);
      this.#adoptUntil(paneStart, outputs);
      this.#passTime(pane, outputs);
      for (const [site, own] of bySite(groups, this.#options.config.samples)) {
        let state = this.#sites.get(site);
        if (state === undefined) {
          state = this.#begin(site, pane);
          this.#sites.set(site, state);
        }
        const known = state;
        const counted = asCounted(state.inventory, own, this.#options.config.samples);
        outputs.push(
          ...observePane(state.inventory, this.#inventory, pane, counted, (key) => isAttacked(known, key)),
        );
        outputs.push(...reducePane(state, this.#settings, pane, counted));
      }
    }
    this.#adoptUntil(until - paneMs, outputs);
    this.#passTime(until / paneMs, outputs);
    this.#reducedUntil = until;
    this.#tick(ended, outputs);
  }

  #countLate(groups: readonly PaneGroup[]): void {
    const { afterClose } = this.#options.metrics;
    for (const { site, kind, counts } of groups)
      if (kind === 'site') afterClose.inc({ step: 'detector.reduce', site }, counts[countIndex.requests]!);
  }

  #begin(site: string, pane: number): SiteState {
    const state = createSiteState(site, pane);
    const learned = this.#options.learned?.find((one) => one.site === site);
    return learned === undefined ? state : warm(state, learned, pane * paneMs);
  }

  /** What is published only now and then is due when the input has ended. */
  #flush(outputs: Outgoing[]): void {
    const pane = this.#reducedUntil / paneMs - 1;
    for (const { inventory } of this.#sites.values())
      outputs.push(...flushInventory(inventory, this.#inventory, pane));
  }

  #passTime(pane: number, outputs: Outgoing[]): void {
    for (const state of this.#sites.values()) outputs.push(...passQuietTime(state, this.#settings, pane));
  }

  #tick(ended: boolean, outputs: Outgoing[]): void {
    if (ended) {
      this.#flush(outputs);
      this.#options.onEnded?.([...this.#sites.values()].map((state) => learnedOf(state, this.#reducedUntil)));
    }
    // the next pane to close can not speak about anything earlier than its own end
    const clock = this.#reducedUntil + this.#options.config.lateness + paneMs - 1;
    outputs.push(
      ...tickOut(
        { reducer: this.#partition, reducers: this.#options.reducers, clock_at: clock, closing: ended },
        this.#options.campaignPartitions,
      ),
    );
  }

  #report(outputs: readonly Outgoing[]): void {
    const { metrics, config } = this.#options;
    let scopes = 0;
    let endpoints = 0;
    const open = new Map<string, number>();
    for (const state of this.#sites.values()) {
      scopes += state.scopes.size;
      endpoints += state.inventory.entries.size;
      for (const campaign of state.campaigns.values()) {
        const kind = campaign.state;
        open.set(kind, (open.get(kind) ?? 0) + 1);
      }
      const isMissing = isHostMissing(state, this.#reducedUntil / paneMs - 1);
      metrics.hostMissing.set({ site: state.site }, isMissing ? 1 : 0);
      metrics.rerouted.set({ site: state.site }, areNetworksHidden(state) ? 1 : 0);
    }
    const table = 'reduce.scopes';
    metrics.stateEntries.set({ table }, scopes);
    metrics.stateLimit.set({ table }, config.limits.scopes);
    metrics.stateEntries.set({ table: 'reduce.endpoints' }, endpoints);
    metrics.stateLimit.set({ table: 'reduce.endpoints' }, config.inventory.endpoints * this.#sites.size);
    for (const kind of ['observed', 'active', 'stopped'])
      metrics.campaignsOpen.set({ kind }, open.get(kind) ?? 0);
    for (const output of outputs)
      if (output.type === 'EndpointNotice')
        metrics.endpointNotices.inc({ kind: output.value.kind, level: output.value.level });
    countVerdicts(metrics, outputs);
  }

  snapshot(): Snapshot {
    const state: ReduceSnapshot = {
      frames: this.#frames.snapshot(),
      sites: [...this.#sites.values()].map(snapshotSite),
      inputs: this.#inputs.snapshot(),
      reducedUntil: this.#reducedUntil,
    };
    return valueSnapshot(state);
  }
}

/** Groups by site, each group merged over its sources, sites and groups in a fixed order. */
function bySite(groups: readonly PaneGroup[], samples: number): [string, PaneGroup[]][] {
  const sites = new Map<string, PaneGroup[]>();
  for (const group of mergeGroups(groups, samples).sort(byKindAndKey)) {
    const list = sites.get(group.site);
    if (list === undefined) sites.set(group.site, [group]);
    else list.push(group);
  }
  return [...sites].sort(([a], [b]) => (a < b ? -1 : 1));
}
