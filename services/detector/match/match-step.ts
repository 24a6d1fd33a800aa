import type { Campaign, EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { clientAddress, formatIp, formatNetwork, isV4 } from '../../../lib/ip.ts';
import type { LogBatch, Outgoing } from '../../../lib/log/log.ts';
import { partitionOf } from '../../../lib/log/partitioner.ts';
import { blobsOf, bytesOf, partValue, type Snapshot, valueBlob, wordsOf } from '../../../lib/log/snapshot.ts';
import type { PartitionState, StatefulStep, StepOutput } from '../../../lib/log/step.ts';
import type { Metrics } from '../../../lib/observability/metrics.ts';
import { meets } from '../../../lib/signature/standing.ts';
import { degradedBy, degradedTogether, type LastLosses, noteLoss } from '../caps.ts';
import type { DetectorConfig } from '../config.ts';
import { extend } from '../episode.ts';
import { standingOf } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';
import { settledOnly } from '../policies/settled-only.ts';
import type { PolicyTimeline } from '../policies/timeline.ts';
import { ActorTable } from '../state/actor-table.ts';
import { EndpointMemory } from '../state/endpoint-memory.ts';
import { createEvictionReport, type EvictionReport } from '../state/eviction-report.ts';
import { LookAhead } from '../state/look-ahead.ts';
import { observe, touchActorEntries, touchActors } from '../state/observation.ts';
import { type RequestFacts, readFacts } from '../state/request-facts.ts';
import { tableBlobs, tableLayout, tableOfBlobs } from '../state/segmented-table.ts';
import { countVerdicts, verdictOut } from '../verdict.ts';
import { AddressLife, type AddressLifeState } from './address-life.ts';
import type { CampaignBook, InForce } from './campaign-book.ts';
import { GoodClients } from './good-clients.ts';
import { MatchedEndpoint } from './matched-endpoint.ts';
import { memberVerdict } from './member-verdict.ts';
import { type Member, Members, type MembersState } from './members.ts';
import { TakenBack } from './taken-back.ts';

/** What match found for one request: the truth that replay holds decisions against. */
export interface Evaluation {
  /** The first signature in force that selects the request, whether or not it spares the client. */
  readonly inForce: InForce | null;
  /** The client used another part of the site before, or has a history. */
  readonly good: boolean;
  /** What spoke for the client when the request came: lib/signature/standing.ts. */
  readonly standing: number;
}

export interface MatchOptions {
  readonly config: DetectorConfig;
  readonly policies: PolicyTimeline;
  readonly reducers: number;
  readonly book: CampaignBook;
  readonly metrics: Metrics;
  /** Called once per request in partition order, after the campaign clock has reached it. */
  readonly onEvaluated?: (event: EnrichedRequest, evaluation: Evaluation) => void;
}

/** What is small in a snapshot; tables are parts of their own. */
interface MatchControl {
  readonly lastSource: number;
  readonly members: readonly (readonly [string, MembersState])[];
  readonly lifeGeneration: number;
  readonly lost: LastLosses;
}

/** A member is listed this long at most, and again while it goes on: addresses of homes change hands. */
const memberTtlMs = 10 * 60_000;

/** Event ids in the verdict on a member. */
const mostSamples = 3;

/** No request is later than this beside the newest of its partition. */
const latestMs = 60 * 60_000;

/** Selected requests for each request elsewhere that an address must have sent to be listed itself. */
const membersShare = 4;

/**
 * match: requests.enriched and campaigns -> verdicts on members. A request of time t is looked at only when the
 * campaign clock of its site has reached t, so what is found does not depend on how far reduce happened to be.
 */
export function createMatchStep(options: MatchOptions): StatefulStep<'requests.enriched'> {
  const step: StatefulStep<'requests.enriched'> = {
    name: 'detector.match',
    views: true,
    layoutHash: `match-9-${tableLayout}`,
    open: (partition, snapshot) => new MatchPartition(partition, snapshot, options),
  };
  return settledOnly(step, options.policies, (record) =>
    record.type === 'Tick' ? record.value.watermark_at : record.value.request.timestamp,
  );
}

class MatchPartition implements PartitionState<'requests.enriched'> {
  readonly #partition: number;
  readonly #options: MatchOptions;
  readonly #actors: ActorTable;
  /** By campaign, then address. */
  readonly #members: Map<string, Members>;
  readonly #life: AddressLife;
  readonly #takenBack = new TakenBack();
  /** null: no edge asks for them. */
  readonly #goodClients: GoodClients | null;
  readonly #ahead = new LookAhead({
    read: readFacts,
    touch: (facts) => touchActors(this.#actors, facts) ^ this.#life.touch(facts.clientLo, facts.clientHi),
    touchEntries: (facts) => touchActorEntries(this.#actors, facts),
  });
  readonly #forgotten: EvictionReport;
  readonly #endpoints: EndpointMemory<MatchedEndpoint>;
  #lastSource: number;
  /** Newest request, ms. */
  #reached = -Infinity;
  /** When caps bit that a member's verdict may depend on. */
  readonly #lost: LastLosses;
  #evictions = { actors: 0, addresses: 0 };

  constructor(partition: number, snapshot: Snapshot | null, options: MatchOptions) {
    const state = snapshot === null ? undefined : partValue<MatchControl>(snapshot, 'control');
    this.#partition = partition;
    this.#options = options;
    this.#goodClients = options.config.good_list ? new GoodClients(options.book) : null;
    this.#actors = new ActorTable(
      options.config.limits.actors,
      snapshot === null ? undefined : tableOfBlobs(blobsOf(snapshot, 'actors')),
    );
    this.#members = new Map(state?.members.map(([id, members]) => [id, this.#openMembers(members)]));
    const { limits } = options.config;
    this.#life = new AddressLife(
      limits.addresses,
      snapshot === null ? undefined : lifeOf(snapshot, state!.lifeGeneration),
    );
    this.#lastSource = state?.lastSource ?? -1;
    this.#lost = new Map(state?.lost);
    this.#forgotten = createEvictionReport(options.metrics);
    this.#endpoints = new EndpointMemory(
      (identity) => new MatchedEndpoint(identity, partitionOf(identity.site, options.reducers)),
    );
  }

  #openMembers(state?: MembersState): Members {
    const { members, member_after: after } = this.#options.config.campaign;
    return new Members(members, after, state);
  }

  process(batch: LogBatch<'requests.enriched'>): StepOutput | Promise<StepOutput> {
    const outputs: Outgoing[] = [];
    const stopped = this.#run(batch, 0, outputs);
    if (stopped === batch.records.length) return this.#finish(outputs);
    return this.#wait(batch, stopped, outputs);
  }

  async #wait(batch: LogBatch<'requests.enriched'>, from: number, outputs: Outgoing[]): Promise<StepOutput> {
    let next = from;
    while (next < batch.records.length) {
      await this.#options.book.changed();
      next = this.#run(batch, next, outputs);
    }
    return this.#finish(outputs);
  }

  /** Goes on until the clock stops it; answers the index of the first record not handled. */
  #run(batch: LogBatch<'requests.enriched'>, from: number, outputs: Outgoing[]): number {
    for (let index = from; index < batch.records.length; index++) {
      const record = batch.records[index]!;
      const facts = this.#ahead.at(batch, index);
      if (record.type === 'Tick') continue;
      const event = record.value;
      const source = event.source_offset;
      if (source <= this.#lastSource) continue;
      const endpoint = this.#endpoints.of(event, facts);
      const { timestamp } = event.request;
      if (this.#options.book.clock(endpoint.reducer) < timestamp) return index;
      this.#lastSource = source;
      if (timestamp > this.#reached) this.#reached = timestamp;
      this.#event(event, facts, record.offset, endpoint, timestamp, outputs);
    }
    return batch.records.length;
  }

  #event(
    event: EnrichedRequest,
    facts: RequestFacts,
    offset: number,
    endpoint: MatchedEndpoint,
    timestamp: number,
    outputs: Outgoing[],
  ): void {
    for (const campaign of this.#takenBack.until(this.#options.book, endpoint.site, timestamp))
      this.#letGo(campaign, timestamp, offset, outputs);
    const concerning = endpoint.concerning(this.#options.book);
    let attacked = false;
    let selected: InForce | null = null;
    for (const inForce of concerning) {
      const { fromAt, campaign, closedAt, ahead } = inForce;
      // what the book knows of later times, because it happened to be read so far, must not count before them
      if (timestamp < fromAt) continue;
      const selects = (selected === null || ahead) && timestamp < inForce.untilAt && inForce.test(event);
      if (selects) selected ??= inForce;
      // the endpoints of a campaign that acts earn nobody anything while it is open
      if (campaign.mode !== 'simulate' && (closedAt === null || timestamp < closedAt) && (!ahead || selects))
        attacked = true;
    }
    const second = Math.floor(timestamp / 1000);
    const flags = observe(this.#actors, event, facts, endpoint.part, second, !attacked && endpoint.isPage);
    const standing = standingOf(flags);
    const good = meets(standing, 0);
    this.#goodClients?.note(event, facts, standing, outputs);
    if (!attacked) this.#life.note(facts.clientLo, facts.clientHi, second);
    // an address is listed for what it does to what is attacked, not for a page that its tool shares
    else if (selected !== null && !selected.ahead && !good)
      this.#member(event, facts, offset, selected, outputs);
    this.#options.onEvaluated?.(event, { inForce: selected, good, standing });
  }

  #member(
    event: EnrichedRequest,
    { clientLo, clientHi }: RequestFacts,
    offset: number,
    inForce: InForce,
    outputs: Outgoing[],
  ): void {
    const { campaign, signature } = inForce;
    // No list can say "but the good": it would stop whoever shares the address, on every page.
    if (signature.except_good) return;
    let members = this.#members.get(campaign.campaign_id);
    if (members === undefined) {
      members = this.#openMembers();
      this.#members.set(campaign.campaign_id, members);
    }
    const at = event.request.timestamp;
    const { evictions } = members;
    const member = members.hit(clientLo, clientHi, at, offset);
    if (members.evictions > evictions) noteLoss(this.#lost, 'members', at);
    if (member === null) return;
    if (member.samples.length < mostSamples) member.samples.push(event.request.event_id);
    if (member.hits < this.#options.config.campaign.member_after) return;
    const policy = this.#options.policies.version(campaign.policy_id, campaign.policy_hash);
    if (policy === undefined) return;
    if (member.hits < membersShare * this.#life.of(clientLo, clientHi, Math.floor(at / 1000))) return;
    const ttlMs = Math.min(policy.document.action.ttl, memberTtlMs);
    if (!extend(member, at, ttlMs)) return;
    if (member.revision === 1) {
      member.decidedAt = at;
      const ip = clientAddress(event.request.client_ip);
      member.target = isV4(ip) ? formatIp(ip) : formatNetwork({ address: ip, prefix: 64 });
    }
    this.#say(campaign, policy, member, offset, at, outputs);
  }

  #say(
    campaign: Campaign,
    policy: Policy,
    member: Member,
    offset: number,
    at: number,
    outputs: Outgoing[],
  ): void {
    this.#noteLosses(at);
    const degraded = degradedTogether(campaign.degraded, degradedBy(this.#lost, at));
    const inputs = [{ partition: this.#partition, first: member.firstOffset, last: offset }];
    outputs.push(verdictOut(memberVerdict(campaign, policy, member, { inputs, degraded }, at)));
  }

  /** Whom a campaign listed that was none has done nothing: he would be kept out for minutes after its signatures went. */
  #letGo(campaign: Campaign, at: number, offset: number, outputs: Outgoing[]): void {
    const members = this.#members.get(campaign.campaign_id) ?? this.#openMembers();
    this.#members.set(campaign.campaign_id, members);
    const policy = this.#options.policies.version(campaign.policy_id, campaign.policy_hash);
    for (const member of members.letGo()) {
      if (policy === undefined || member.untilAt <= at) continue;
      member.revision++;
      member.untilAt = at;
      // what it ends is what was done: the campaign itself does nothing any more
      const said = { ...campaign, applied_action: policy.document.action.kind };
      this.#say(said, policy, member, offset, at, outputs);
    }
  }

  /** Clients and addresses that were forgotten since the last look. */
  #noteLosses(at: number): void {
    const now = { actors: this.#actors.evictions, addresses: this.#life.missed };
    for (const cap of ['actors', 'addresses'] as const)
      if (now[cap] > this.#evictions[cap]) noteLoss(this.#lost, cap, at);
    this.#evictions = now;
  }

  /**
   * Members of campaigns that were over long before the newest request: no signature of theirs selects anything any more, so
   * what is found does not depend on when they go. Those of one that goes on are kept: their verdicts count up.
   */
  #forgetOver(): void {
    const { book, config } = this.#options;
    if (this.#members.size <= config.campaign.open) return;
    for (const id of this.#members.keys())
      if (book.isOver(id, this.#reached - latestMs)) this.#members.delete(id);
  }

  #finish(outputs: readonly Outgoing[]): StepOutput {
    const { metrics, config } = this.#options;
    countVerdicts(metrics, outputs);
    metrics.stateEntries.set({ table: 'match.actors' }, this.#actors.entries);
    metrics.stateLimit.set({ table: 'match.actors' }, this.#actors.limit);
    metrics.stateEntries.set({ table: 'match.addresses' }, this.#life.entries);
    metrics.stateLimit.set({ table: 'match.addresses' }, 2 * config.limits.addresses);
    let pushedOut = 0;
    for (const members of this.#members.values()) pushedOut += members.evictions;
    this.#forgotten('match.actors', this.#actors.evictions);
    this.#forgotten('match.addresses', this.#life.missed);
    this.#forgotten('match.members', pushedOut);
    this.#forgetOver();
    return { outputs, deadLetters: [] };
  }

  snapshot(): Snapshot {
    const life = this.#life.snapshot();
    const control: MatchControl = {
      lastSource: this.#lastSource,
      members: [...this.#members].map(([id, members]) => [id, members.snapshot()] as const),
      lifeGeneration: life.generation,
      lost: this.#lost,
    };
    return new Map([
      ['control', [valueBlob(control)]],
      ['actors', tableBlobs(this.#actors.snapshot())],
      ['life', [bytesOf(life.recent), bytesOf(life.older)]],
    ]);
  }
}

function lifeOf(snapshot: Snapshot, generation: number): AddressLifeState {
  const [recent, older] = blobsOf(snapshot, 'life');
  return { generation, recent: wordsOf(recent!), older: wordsOf(older!) };
}
