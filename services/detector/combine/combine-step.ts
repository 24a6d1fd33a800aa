import type { EnrichedRequest, Tick } from '../../../lib/contracts/generated.ts';
import type { LogBatch, Outgoing } from '../../../lib/log/log.ts';
import { blobsOf, bytesOf, partValue, type Snapshot, valueBlob, wordsOf } from '../../../lib/log/snapshot.ts';
import type { PartitionState, StatefulStep, StepOutput } from '../../../lib/log/step.ts';
import type { Metrics } from '../../../lib/observability/metrics.ts';
import type { DetectorConfig } from '../config.ts';
import { framesOf } from '../frames/frames.ts';
import type { FrameSample } from '../frames/sample-row.ts';
import { aggregateLayoutHash, paneMs } from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { settledOnly } from '../policies/settled-only.ts';
import type { PolicyTimeline } from '../policies/timeline.ts';
import { ActorTable } from '../state/actor-table.ts';
import { EndpointMemory } from '../state/endpoint-memory.ts';
import { createEvictionReport, type EvictionReport } from '../state/eviction-report.ts';
import { LookAhead } from '../state/look-ahead.ts';
import { observe, touchActorEntries, touchActors } from '../state/observation.ts';
import { RecentIds, type RecentIdsState } from '../state/recent-ids.ts';
import { known, type RequestFacts, readFacts, readIdentity } from '../state/request-facts.ts';
import { type TableSnapshot, tableBlobs, tableLayout, tableOfBlobs } from '../state/segmented-table.ts';
import type { ClocksState } from '../watermark.ts';
import { contribute, createContribution } from './contribution.ts';
import { CountedEndpoint } from './counted-endpoint.ts';
import { EntryNames, type EntryNamesState } from './entry-names.ts';
import { GroupPlans } from './group-plans.ts';
import { KeyedOutbox, type KeyedOutboxState } from './keyed-outbox.ts';
import { LocalGroups } from './local-groups.ts';
import { Losses, type LossesState, type LossTotals } from './losses.ts';
import { OpenPanes, type OpenPanesState } from './open-panes.ts';
import { type Reached, TargetClocks } from './target-clocks.ts';

export interface CombineOptions {
  readonly config: DetectorConfig;
  readonly policies: PolicyTimeline;
  /** Partitions of requests.enriched, of aggregates and of keyed. */
  readonly sources: number;
  readonly targets: number;
  readonly keyedTargets: number;
  /** Seeds the order of samples: the same on every instance. */
  readonly seed: number;
  readonly metrics: Metrics;
}

/** What a closed pane sends. */
interface PaneContent {
  readonly groups: readonly PaneGroup<FrameSample>[];
  /** In requests.enriched; null: the pane is empty. */
  readonly firstOffset: number | null;
  readonly lastOffset: number;
}

/** What is small in a snapshot; tables are parts of their own. */
interface CombineControl {
  readonly clocks: ClocksState;
  readonly closedUntil: readonly (readonly [number, number])[];
  readonly lastSource: number;
  readonly recentRotatedAt: number;
  readonly keyed: KeyedOutboxState | null;
  readonly entries: EntryNamesState;
  readonly panes: OpenPanesState;
  readonly losses: LossesState;
}

/**
 * combine: requests.enriched -> aggregates. Never waits. Per partition it judges each request by what its client did
 * before, adds it to the groups of its pane, and sends the panes that ticks close.
 *
 * Frames. A tick that moves the clock of a target partition from A to B sends, in order, one PaneFrame (in parts) for
 * each pane of [A, B) that holds requests, and one empty frame for the last pane when that one holds none. So a frame
 * says: every pane of this source up to `watermark_at` is closed, and those not sent were empty. What is sent follows
 * from the records alone, not from how they were batched: a repeat after a crash is the same bytes and reduce skips
 * it. An hour without traffic costs one frame.
 */
export function createCombineStep(options: CombineOptions): StatefulStep<'requests.enriched'> {
  const step: StatefulStep<'requests.enriched'> = {
    name: 'detector.combine',
    views: true,
    layoutHash: `combine-12-${tableLayout}-${aggregateLayoutHash}-${options.sources}-${options.targets}`,
    open: (partition, snapshot) => new CombinePartition(partition, snapshot, options),
  };
  return settledOnly(step, options.policies, (record) =>
    record.type === 'Tick' ? record.value.watermark_at : record.value.request.timestamp,
  );
}

class CombinePartition implements PartitionState<'requests.enriched'> {
  readonly #partition: number;
  readonly #options: CombineOptions;
  readonly #clocks: TargetClocks;
  readonly #closedUntil: Map<number, number>;
  #lastSource: number;
  readonly #recent: RecentIds;
  readonly #actors: ActorTable;
  readonly #local: LocalGroups;
  readonly #plans: GroupPlans;
  /** null: no policy asked for re-keyed groups yet. Once it is there it says of every pane that it is closed. */
  #keyed: KeyedOutbox | null;
  readonly #ahead = new LookAhead({
    read: (facts, event) => {
      readFacts(facts, event);
      readIdentity(facts, event, this.#options.seed);
    },
    touch: (facts) =>
      touchActors(this.#actors, facts) ^
      this.#local.touch(facts) ^
      this.#recent.touch(facts.idLo, facts.idHi),
    touchEntries: (facts) => touchActorEntries(this.#actors, facts) ^ this.#local.touchEntries(facts),
  });
  readonly #endpoints = new EndpointMemory((identity) => new CountedEndpoint(identity));
  readonly #contribution = createContribution();
  readonly #forgotten: EvictionReport;
  readonly #panes: OpenPanes;
  readonly #entries: EntryNames;
  readonly #losses: Losses;
  #duplicates = 0;
  /** Requests after close, by site. */
  readonly #late = new Map<string, number>();

  constructor(partition: number, snapshot: Snapshot | null, options: CombineOptions) {
    const { config } = options;
    const state = snapshot === null ? undefined : partValue<CombineControl>(snapshot, 'control');
    this.#partition = partition;
    this.#options = options;
    this.#clocks = new TargetClocks(config.retire_after, options.targets, state?.clocks);
    this.#closedUntil = new Map(state?.closedUntil);
    this.#lastSource = state?.lastSource ?? -1;
    this.#recent = new RecentIds(
      config.duplicates_within,
      config.limits.recent_events,
      snapshot === null ? undefined : recentOf(snapshot, state!.recentRotatedAt),
    );
    const table = (part: string): TableSnapshot | undefined =>
      snapshot?.has(part) ? tableOfBlobs(blobsOf(snapshot, part)) : undefined;
    this.#entries = new EntryNames(state?.entries);
    this.#actors = new ActorTable(config.limits.actors, table('actors'), this.#entries.hashes);
    this.#local = new LocalGroups(config.limits.addresses, {
      addresses: table('addresses'),
      networks: table('networks'),
    });
    this.#keyed = state?.keyed == null ? null : this.#openOutbox(state.keyed);
    this.#plans = new GroupPlans(options.policies);
    this.#panes = new OpenPanes(config, (start) => this.#plans.at(start), state?.panes);
    this.#losses = new Losses(state?.losses);
    this.#forgotten = createEvictionReport(options.metrics);
  }

  #openOutbox(state?: KeyedOutboxState): KeyedOutbox {
    const { sources, keyedTargets } = this.#options;
    return new KeyedOutbox(this.#partition, sources, keyedTargets, state);
  }

  process(batch: LogBatch<'requests.enriched'>): StepOutput {
    const outputs: Outgoing[] = [];
    for (let index = 0; index < batch.records.length; index++) {
      const record = batch.records[index]!;
      const facts = this.#ahead.at(batch, index);
      if (record.type === 'Tick') this.#tick(record.value, record.offset, outputs);
      else this.#event(record.value, record.offset, facts);
    }
    this.#report();
    return { outputs, deadLetters: [] };
  }

  #event(event: EnrichedRequest, offset: number, facts: RequestFacts): void {
    const source = event.source_offset;
    if (source <= this.#lastSource) {
      this.#duplicates++;
      return;
    }
    this.#lastSource = source;
    const endpoint = this.#endpoints.of(event, facts);
    const { site } = endpoint;
    const { timestamp } = event.request;
    const target = this.#clocks.target(site);
    if (timestamp < (this.#closedUntil.get(target) ?? -Infinity)) {
      this.#late.set(site, (this.#late.get(site) ?? 0) + 1);
      return;
    }
    this.#clocks.note(site, timestamp);
    if (this.#recent.seen(facts.idLo, facts.idHi, timestamp)) {
      this.#duplicates++;
      return;
    }
    const second = Math.floor(timestamp / 1000);
    facts.endpoint = this.#entries.numberOf(endpoint, facts.endpointLo & 0xffff, second);
    const flags = observe(this.#actors, event, facts, endpoint.part, second, endpoint.isPage);
    const pane = this.#panes.pane(target, timestamp - (timestamp % paneMs), offset);
    contribute(this.#contribution, event, flags, facts);
    pane.add(event, endpoint, this.#contribution);
    const entry = facts.entry < 0 ? undefined : this.#entries.of(facts.entry);
    if (entry !== undefined && entry.site === site) pane.goOn(entry);
    this.#local.add(event, endpoint, facts, second, flags, pane);
    if (!pane.plan.rekeys || (facts.present & known.account) === 0) return;
    const { keyed } = endpoint.planned(pane.plan);
    if (keyed.length === 0) return;
    this.#keyed ??= this.#openOutbox();
    this.#keyed.add(event, offset, facts, event.request.account_id!, flags, keyed);
  }

  #tick(tick: Tick, offset: number, outputs: Outgoing[]): void {
    const target = this.#clocks.advance(tick);
    const all = this.#clocks.all(this.#keyed?.open() ?? []);
    if (this.#keyed === null && this.#plans.rekeysBefore(all.until)) this.#keyed = this.#openOutbox();
    this.#keyed?.advance(all.until, all.allClosed, offset, outputs);
    this.#close(target, offset, outputs);
    for (const silent of this.#clocks.silent()) if (silent !== target) this.#close(silent, offset, outputs);
  }

  /** Sends the panes of a target that are closed for all its sites. `offset`: of the tick that says so. */
  #close(target: number, offset: number, outputs: Outgoing[]): void {
    const open = this.#panes.starts(target);
    const { until: reached, allClosed }: Reached = this.#clocks.reached(target, open);
    const from = this.#closedUntil.get(target) ?? -Infinity;
    const until = Math.max(from, reached);
    if (until === -Infinity || (until === from && !allClosed)) return;
    this.#closedUntil.set(target, until);
    const due = open.filter((start) => start < until).sort((a, b) => a - b);
    for (const start of due) {
      this.#send(
        target,
        start,
        this.#content(target, start, offset, start === due.at(-1)),
        allClosed && start + paneMs === until,
        outputs,
      );
    }
    const nothing = { groups: [], firstOffset: null, lastOffset: offset };
    if (due.at(-1) !== until - paneMs) this.#send(target, until - paneMs, nothing, allClosed, outputs);
  }

  #totals(): LossTotals {
    const { addresses, networks } = this.#local;
    return {
      recent_events: this.#recent.evictions,
      actors: this.#actors.evictions,
      addresses: addresses.evictions,
      networks: networks?.evictions ?? 0,
    };
  }

  #content(target: number, start: number, offset: number, last: boolean): PaneContent {
    const { groups, firstOffset } = this.#panes.close(target, start);
    const lost = last ? this.#losses.tell(target, this.#totals(), groups) : [];
    return { groups: [...groups, ...lost], firstOffset, lastOffset: offset };
  }

  #send(
    target: number,
    paneStart: number,
    content: PaneContent,
    closing: boolean,
    outputs: Outgoing[],
  ): void {
    for (const frame of framesOf({
      source: this.#partition,
      sources: this.#options.sources,
      paneStart,
      closing,
      ...content,
      limitBytes: this.#options.config.limits.frame_bytes,
    }))
      outputs.push({ topic: 'aggregates', key: null, partition: target, type: 'PaneFrame', value: frame });
  }

  #report(): void {
    const { metrics } = this.#options;
    const step = 'detector.combine';
    if (this.#duplicates > 0) metrics.duplicates.inc({ step }, this.#duplicates);
    for (const [site, count] of this.#late) metrics.afterClose.inc({ step, site }, count);
    this.#duplicates = 0;
    this.#late.clear();
    this.#forgotten('combine.recent_events', this.#recent.evictions);
    const tables = [
      ['combine.actors', this.#actors],
      ['combine.addresses', this.#local.addresses],
      ['combine.networks', this.#local.networks],
    ] as const;
    for (const [table, state] of tables) {
      if (state === null) continue;
      const { entries, limit, evictions } = state;
      metrics.stateEntries.set({ table }, entries);
      metrics.stateLimit.set({ table }, limit);
      this.#forgotten(table, evictions);
    }
  }

  snapshot(): Snapshot {
    const recent = this.#recent.snapshot();
    const control: CombineControl = {
      clocks: this.#clocks.snapshot(),
      closedUntil: [...this.#closedUntil],
      lastSource: this.#lastSource,
      recentRotatedAt: recent.rotatedAt,
      keyed: this.#keyed?.snapshot() ?? null,
      entries: this.#entries.snapshot(),
      panes: this.#panes.snapshot(),
      losses: this.#losses.snapshot(
        [...new Set([...this.#clocks.targets(), ...this.#closedUntil.keys()])],
        this.#totals(),
      ),
    };
    const { addresses, networks } = this.#local;
    const parts: [string, Uint8Array[]][] = [
      ['control', [valueBlob(control)]],
      ['recent', [bytesOf(recent.current), bytesOf(recent.previous)]],
      ['actors', tableBlobs(this.#actors.snapshot())],
      ['addresses', tableBlobs(addresses.snapshot())],
    ];
    if (networks !== null) parts.push(['networks', tableBlobs(networks.snapshot())]);
    return new Map(parts);
  }
}

function recentOf(snapshot: Snapshot, rotatedAt: number): RecentIdsState {
  const [current, previous] = blobsOf(snapshot, 'recent');
  return { current: wordsOf(current!), previous: wordsOf(previous!), rotatedAt };
}
