// Generated from schemas/*.avsc by `npm run contracts`. Do not edit.

/** What a policy wants done, and for how long. */
export interface Action {
  /** observe | tag | rate_limit | challenge | block */
  readonly kind: string;
  readonly fallback: string | null;
  readonly ttl_ms: number;
  readonly escalate_ms: readonly number[];
}

/** One measured figure behind a verdict or campaign. */
export interface Evidence {
  readonly name: string;
  readonly observed: number | null;
  readonly normal_p50: number | null;
  readonly normal_p99: number | null;
  readonly threshold: number | null;
  /** observed / normal_p50 */
  readonly ratio: number | null;
  readonly window_ms: number | null;
  /** Number of observations behind the figure. */
  readonly samples: number | null;
  /** Error of the sketch, days learned, or why it was not used. */
  readonly trust: string | null;
}

/** Keyed SipHash-2-4 of a value, little endian. */
export type Hash64 = Buffer;

/** Eight 64-bit keyed hashes, little endian, all zero = unknown: client, network, session, account, endpoint, fingerprint, partner, software. */
export type HashLanes = Buffer;

/** IPv6 address, or IPv4 mapped as ::ffff:a.b.c.d; network byte order. */
export type Ip = Buffer;

/** Inclusive range of offsets in requests.enriched. */
export interface OffsetRange {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

/** A named request parameter. The value is kept in the clear only when config names it. */
export interface Param {
  readonly name: string;
  /** Keyed hash of the value. */
  readonly hash: Hash64;
  /** Only for names in privacy.keep_values. */
  readonly value: string | null;
}

/** One condition on a single request. A predicate on an attribute the request lacks is false, except for op absent. */
export interface Predicate {
  /** Name from the attribute catalogue (lib/signature). */
  readonly attribute: string;
  /** in | not_in | lte | gte | absent | present */
  readonly op: string;
  /** Values of in / not_in; the one bound of lte / gte; empty for absent / present. */
  readonly values: readonly string[];
}

/** Conjunction of predicates that an edge can evaluate on one request. */
export interface Signature {
  readonly predicates: readonly Predicate[];
  /** True: clients known to be good are exempt, and the signature must not stand where they are not known (protects an endpoint the other way round). */
  readonly except_good: boolean;
  /** What exempts a client without a history, any one of these: parts of the site that it used earlier in its visit, several pages, being signed in; page: any part. Empty: with except_good any other part, else nobody is exempt. Without except_good those are spared where the edge knows clients, and where it does not the signature holds for them too. any: any standing, as long as next to nothing of an attack comes with it. See lib/signature/standing.ts. */
  readonly good_after: readonly string[];
}

/** What a verdict is about and an edge may act on. */
export interface Target {
  /** ip | cidr | asn | country | ja3 | ja4 | session | account | api_key | signature */
  readonly kind: string;
  /** RFC 5952 text for addresses, canonical signature text for signatures. */
  readonly value: string;
  readonly signature: Signature | null;
}

/** What is known of one endpoint of a site; a new revision when that changes, and every few minutes while it is called. Topic endpoints. */
export interface ApiEndpoint {
  readonly endpoint_id: string;
  readonly revision: number;
  readonly updated_at: number;
  readonly site: string;
  /** Empty: an unused endpoint whose document names no host. */
  readonly host: string;
  /** METHOD template, for example GET /stores/{number}/stock. */
  readonly endpoint: string;
  /** login | payment | inventory | account | search | cart | content | other */
  readonly function: string;
  /** documented | shadow | zombie | unused | unknown (no document covers the host) | merged (part of a family) */
  readonly status: string;
  /** current | deprecated | gone; null: not in a document. */
  readonly documentation: string | null;
  /** Of the OpenAPI operation. */
  readonly operation_id: string | null;
  readonly first_seen_at: number | null;
  /** When enough clients had been answered; null: not yet. */
  readonly established_at: number | null;
  readonly last_seen_at: number | null;
  readonly requests: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Answered that there is no such thing. */
  readonly missing: number;
  /** Distinct clients, estimated. */
  readonly clients: number;
  /** browser | app | server | mixed | unknown */
  readonly client_class: string;
  /** public | partner | third_party */
  readonly audience: string;
  /** Names of query and body parameters that calls usually carry. */
  readonly params: readonly string[];
  /** METHOD host/template of endpoints that do the same for another kind of client. */
  readonly analogues: readonly string[];
  /** METHOD host/template that it is counted as, when merged. */
  readonly family: string | null;
}

/** One coordinated wave of abuse and what selects it. Topic campaigns. */
export interface Campaign {
  readonly campaign_id: string;
  readonly revision: number;
  readonly updated_at: number;
  readonly site: string;
  readonly kind: string;
  readonly title: string;
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly level: string;
  readonly mode: string;
  /** observed | active | stopped (by edges, upstream of the log: not seen) | ended | merged */
  readonly state: string;
  readonly merged_into: string | null;
  readonly scopes: readonly Scope[];
  readonly opened_at: number;
  /** Revisions apply to events from this time on. */
  readonly effective_from: number;
  readonly closed_at: number | null;
  readonly signatures: readonly CampaignSignature[];
  readonly action: Action;
  /** What the collateral budget allows. */
  readonly applied_action: string;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly taxonomy: readonly string[];
  readonly requests: number;
  readonly excess: number;
  readonly peak_ratio: number | null;
  /** Of all requests of the site. */
  readonly share: number | null;
  readonly clients: number;
  readonly sample_event_ids: readonly string[];
  readonly inputs: readonly OffsetRange[];
  readonly degraded: readonly string[];
  readonly baseline_rung: string | null;
}

export interface Scope {
  readonly kind: string;
  readonly key: string;
}

export interface CampaignSignature {
  readonly version: number;
  readonly signature: Signature;
  /** Share of the excess selected. */
  readonly coverage: number;
  readonly lift: number;
  /** Share of good traffic selected. */
  readonly collateral: number;
  /** Upper 95 % bound. */
  readonly collateral_upper: number;
  /** Size of the good sample behind collateral. */
  readonly good_sample: number;
  readonly from_at: number;
  readonly until_at: number | null;
}

/** Every campaign revision with effective_from <= clock_at has been published by this reducer partition. Topic campaigns, every partition. */
export interface CampaignTick {
  /** aggregates partition */
  readonly reducer: number;
  readonly reducers: number;
  readonly clock_at: number;
  readonly closing: boolean;
}

/** A person or tool tells the decider. Topic commands. */
export interface Command {
  readonly command_id: string;
  /** allow | disallow | release | block | purge | kill | resume | arm | disarm | let_go */
  readonly kind: string;
  readonly site: string;
  readonly target: Target | null;
  readonly decision_id: string | null;
  readonly action: string | null;
  /** allow: address | all */
  readonly scope: string | null;
  readonly reason: string;
  readonly who: string;
  readonly at: number;
  readonly until_at: number | null;
  /** arm, disarm, let_go, purge: the edge it is about; a purge without one takes back every decision of the site. */
  readonly edge: string | null;
}

/** An input that could not be used, masked. Topic dead-letters. */
export interface DeadLetter {
  readonly dead_letter_id: string;
  readonly at: number;
  readonly step: string;
  readonly site: string;
  readonly source_id: string;
  /** file:line, body index, or topic[partition]@offset */
  readonly position: string;
  /** malformed | late | future | too_large | bug | ... */
  readonly reason: string;
  readonly detail: string;
  /** Masked: token-like runs replaced. */
  readonly original: string;
  readonly original_bytes: number;
}

/** What is wanted at the edges for one target, with all its causes. Active while now < expires_at and state is active. Topic decisions, compacted by target. */
export interface Decision {
  readonly decision_id: string;
  readonly revision: number;
  readonly updated_at: number;
  readonly site: string;
  readonly target: Target;
  readonly action: string;
  /** enforce | simulate */
  readonly mode: string;
  /** active | released | expired */
  readonly state: string;
  readonly level: string;
  readonly reason: string;
  readonly decided_at: number;
  readonly expires_at: number;
  /** How often this target was decided; drives escalation. */
  readonly times: number;
  readonly causes: readonly Cause[];
  /** Requests it would have stopped so far; ranks it. */
  readonly requests: number;
}

export interface Cause {
  /** verdict | campaign | command */
  readonly kind: string;
  readonly id: string;
  readonly policy_id: string | null;
  readonly campaign_id: string | null;
  readonly decided_at: number;
  readonly until_at: number;
  readonly released_at: number | null;
  /** What this cause asks for; null: block. */
  readonly action: string | null;
  /** enforce | simulate; null: enforce. */
  readonly mode: string | null;
  /** Level of the policy. */
  readonly level: string | null;
  /** In a sentence. */
  readonly reason: string | null;
  /** Newest revision of the verdict that was applied. */
  readonly revision: number | null;
  /** Requests behind this cause. */
  readonly requests: number | null;
}

/** Audit of one change at one edge. Topic edge-actions. */
export interface EdgeAction {
  readonly edge_action_id: string;
  readonly at: number;
  readonly edge: string;
  readonly edge_kind: string;
  readonly plan_id: string;
  /** add | update | remove */
  readonly operation: string;
  readonly target: Target;
  readonly decision_id: string | null;
  readonly dry_run: boolean;
  /** planned | applied | failed */
  readonly result: string;
  readonly error: string | null;
  readonly duration_ms: number;
  readonly who: string;
  readonly reason: string;
}

/** Endpoints that differ in one plain word are counted as one from a time on. Topic endpoints. */
export interface EndpointAlias {
  readonly alias_id: string;
  readonly revision: number;
  readonly site: string;
  readonly host: string;
  /** METHOD template with {word} where the word stands. */
  readonly family: string;
  /** Counted as one from this pane on. */
  readonly effective_from: number;
  /** How many endpoints were merged when it was learned. */
  readonly members: number;
}

/** Something to look at: an undocumented endpoint answered for the first time, one taken down is still called. Topic endpoints. */
export interface EndpointNotice {
  readonly notice_id: string;
  readonly at: number;
  readonly site: string;
  /** undocumented | zombie | more */
  readonly kind: string;
  /** informational | low | medium | high | critical */
  readonly level: string;
  readonly endpoint_id: string | null;
  readonly host: string;
  /** METHOD template; empty for kind more. */
  readonly endpoint: string;
  readonly function: string;
  readonly first_seen_at: number;
  readonly requests: number;
  readonly clients: number;
  /** How many this notice is about: 1, or what went unsaid (kind more). */
  readonly endpoints: number;
  readonly reason: string;
}

/** A RequestEvent (encoded first, so its bytes are a prefix) with what data sets say about it. Topic requests.enriched. */
export interface EnrichedRequest {
  readonly request: RequestEvent;
  readonly hashes: HashLanes;
  /** Offset of the request in requests.raw; monotone, not dense. */
  readonly source_offset: number;
  /** METHOD template, for example GET /stores/{number}/stock. */
  readonly endpoint: string;
  /** login | payment | inventory | account | search | cart | content | other */
  readonly endpoint_function: string;
  /** null: no OpenAPI document given. */
  readonly documented: boolean | null;
  /** Values of the template variables. */
  readonly path_params: readonly Param[];
  readonly country: string | null;
  readonly asn: number | null;
  readonly as_org: string | null;
  /** hosting | isp | mobile | education | vpn | tor | proxy | relay | unknown */
  readonly network_class: string;
  /** residential | public | vpn | tor | hosting | relay */
  readonly proxy_kind: string | null;
  readonly proxy_operator: string | null;
  /** 1 to 99 */
  readonly proxy_confidence: number | null;
  /** browser | app | server | unknown */
  readonly client_class: string;
  readonly browser: string | null;
  readonly browser_version: number | null;
  /** At event time. */
  readonly browser_age_days: number | null;
  readonly browser_plausible: boolean | null;
  readonly platform: string | null;
  /** none | declared | verified */
  readonly bot: string;
  readonly bot_name: string | null;
  /** Identifies the enrichment data sets in use. */
  readonly data_snapshot: string;
  /** Of an endpoint that serves several: the one asked for, whose function endpoint_function is then. */
  readonly operation: string | null;
  /** Of the address that a partner's call was made for. */
  readonly end_user_country: string | null;
  /** Of the address that a partner's call was made for. */
  readonly end_user_asn: number | null;
}

/** A client that earned standing while a signature that spares the good is in force at its site. Topic good-clients. */
export interface GoodClient {
  readonly site: string;
  /** IPv4 address, or IPv6 /64 as its first address: 192.0.2.7, 2001:db8:: */
  readonly client: string;
  /** First 16 characters of the base64url of SHA-256 of the User-Agent, as in passes. */
  readonly fingerprint: string;
  /** Parts of the site it used in this visit, several, history. */
  readonly standing: readonly string[];
  readonly updated_at: number;
  readonly until_at: number;
}

/** Narrow records of the requests of one closed pane of one source partition that passed the filter of a policy on a re-keyed group; sent even when empty. Topic keyed. */
export interface KeyedFrame {
  readonly source_partition: number;
  /** How many source partitions exist. */
  readonly sources: number;
  readonly pane_start_at: number;
  readonly pane_ms: number;
  readonly part: number;
  readonly parts: number;
  /** Identifies the meaning of flags. */
  readonly layout_hash: string;
  /** Panes before this are closed at the source. */
  readonly watermark_at: number;
  /** The source has ended: no pane after this one. */
  readonly closing: boolean;
  readonly records: readonly KeyedRecord[];
  /** Offsets in requests.enriched between which everything of this pane stands; other panes stand there too. */
  readonly first_offset: number | null;
  readonly last_offset: number | null;
}

/** One request as a policy on a re-keyed group sees it. */
export interface KeyedRecord {
  readonly site: string;
  /** Ids of the policies whose filter it passed. */
  readonly policies: readonly string[];
  /** Pseudonym of the account. */
  readonly key: string;
  readonly at: number;
  /** As in AttributeSample. */
  readonly flags: number;
  readonly client: Hash64;
  /** Hash of the endpoint with its path values and parameters. */
  readonly target: number;
  /** Whether the outcome is known. */
  readonly known: boolean;
}

/** Partial aggregates of one closed pane of one source partition; sent even when empty. Topic aggregates. */
export interface PaneFrame {
  readonly source_partition: number;
  /** How many source partitions exist. */
  readonly sources: number;
  readonly pane_start_at: number;
  readonly pane_ms: number;
  readonly part: number;
  readonly parts: number;
  /** Identifies the meaning of counts and sketches. */
  readonly layout_hash: string;
  /** Panes before this are closed at the source. */
  readonly watermark_at: number;
  /** The source has ended: no pane after this one. */
  readonly closing: boolean;
  readonly groups: readonly GroupPartial[];
  /** The samples of all groups, each request and each text once (services/detector/sample-pack.ts); those of the groups themselves are empty then. */
  readonly samples: Buffer;
  /** Offsets in requests.enriched between which everything of this pane stands; other panes stand there too. */
  readonly first_offset: number | null;
  readonly last_offset: number | null;
}

export interface GroupPartial {
  readonly site: string;
  readonly kind: string;
  readonly key: string;
  readonly counts: readonly number[];
  readonly sketches: readonly Buffer[];
  readonly samples: readonly AttributeSample[];
}

/** Bottom-k by order: a uniform sample of the events of the group. */
export interface AttributeSample {
  readonly order: Hash64;
  readonly event_id: string;
  readonly client: Hash64;
  readonly flags: number;
  /** In the order of the layout. */
  readonly attributes: readonly (string | null)[];
}

/** The policies that hold from one pane on, until the next set does. Topic policies. */
export interface PolicySet {
  readonly set_id: string;
  /** Of the policies that are not off. */
  readonly set_hash: string;
  /** Start of the first pane, in event time, that the set is for. Of two sets with the same start the later record counts. */
  readonly effective_at: number;
  readonly published_at: number;
  readonly who: string;
  readonly reason: string;
  readonly files: readonly PolicyText[];
}

/** One policy file. */
export interface PolicyText {
  readonly name: string;
  readonly text: string;
}

/** One API request as the collector accepted it. Topic requests.raw. */
export interface RequestEvent {
  /** Stable: hash of source and position, or of body and index. */
  readonly event_id: string;
  readonly site: string;
  readonly source_id: string;
  /** The collector clock; never earlier than any before it from the same source class. */
  readonly received_at: number;
  /** When the request happened. */
  readonly timestamp: number;
  readonly client_ip: Ip;
  readonly method: string;
  readonly host: string;
  /** Identifiers replaced by ~shape~hash tokens (lib/path). */
  readonly path: string;
  /** Query and named body parameters. */
  readonly params: readonly Param[];
  readonly status: number | null;
  readonly outcome: Outcome;
  readonly request_bytes: number | null;
  readonly response_bytes: number | null;
  readonly duration_ms: number | null;
  readonly user_agent: string | null;
  /** Host and redacted path only. */
  readonly referer: string | null;
  readonly accept_language: string | null;
  readonly http_version: string | null;
  readonly tls_version: string | null;
  readonly ja3: string | null;
  readonly ja4: string | null;
  /** Pseudonym k<n>.<base32>. */
  readonly session_id: string | null;
  /** Pseudonym. */
  readonly account_id: string | null;
  readonly partner_id: string | null;
  /** Pseudonym. */
  readonly api_key_id: string | null;
  /** Behind a partner: a feature, never an edge target. */
  readonly end_user_ip: Ip | null;
  readonly operation: string | null;
  readonly cookie_count: number | null;
  readonly set_cookie_count: number | null;
  /** Allow-listed only, lower case. */
  readonly headers: { readonly [name: string]: string };
  /** allow | tag | rate_limit | challenge | block */
  readonly edge_action: string | null;
  readonly request_id: string | null;
  readonly sample_rate: number | null;
  /** Unknown fields that privacy.keep names. */
  readonly extra: { readonly [name: string]: string };
}

export type Outcome = 'unknown' | 'success' | 'failure';

/** Progress of one collector source class: no later record of this class on this partition has timestamp < watermark_at. Topics requests.raw and requests.enriched, every partition. */
export interface Tick {
  readonly site: string;
  readonly collector_id: string;
  readonly source_class: string;
  /** The class clock (received_at). */
  readonly time: number;
  /** time minus the lateness allowed to the class. */
  readonly watermark_at: number;
  /** The class has ended; it holds nothing back any more. */
  readonly closing: boolean;
}

/** An opinion with its evidence; revisions share the id. Topic verdicts. */
export interface Verdict {
  readonly verdict_id: string;
  readonly revision: number;
  readonly updated_at: number;
  readonly site: string;
  readonly policy_id: string;
  readonly policy_title: string;
  readonly policy_hash: string;
  readonly level: string;
  /** enforce | simulate */
  readonly mode: string;
  readonly target: Target;
  readonly action: Action;
  readonly campaign_id: string | null;
  /** Event time at which it could first be known. */
  readonly decided_at: number;
  readonly first_seen_at: number;
  readonly until_at: number;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly taxonomy: readonly string[];
  readonly sample_event_ids: readonly string[];
  readonly inputs: readonly OffsetRange[];
  readonly degraded: readonly string[];
  readonly baseline_rung: string | null;
}

/** Record types that travel on topics. */
export interface Records {
  readonly ApiEndpoint: ApiEndpoint;
  readonly Campaign: Campaign;
  readonly CampaignTick: CampaignTick;
  readonly Command: Command;
  readonly DeadLetter: DeadLetter;
  readonly Decision: Decision;
  readonly EdgeAction: EdgeAction;
  readonly EndpointAlias: EndpointAlias;
  readonly EndpointNotice: EndpointNotice;
  readonly EnrichedRequest: EnrichedRequest;
  readonly GoodClient: GoodClient;
  readonly KeyedFrame: KeyedFrame;
  readonly PaneFrame: PaneFrame;
  readonly PolicySet: PolicySet;
  readonly RequestEvent: RequestEvent;
  readonly Tick: Tick;
  readonly Verdict: Verdict;
}
