import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Every metric of Tidegate in one place, named as operators meet them. One instance per process; services receive it.
 * No label carries a client, an account or (by default) an endpoint.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter<L>({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge<L>({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram<L>({ name, help, labelNames, buckets, registers });
  return {
    registry,
    buildInfo: gauge('tidegate_build_info', 'Constant 1, with the build in labels', [
      'version',
      'revision',
      'node',
    ]),
    eventsReceived: counter('tidegate_events_received_total', 'Events read from a source', ['source']),
    eventsRejected: counter('tidegate_events_rejected_total', 'Events refused, by reason', [
      'source',
      'reason',
    ]),
    eventsQuarantined: counter(
      'tidegate_events_quarantined_total',
      'Events whose stamp is in the future or too late',
      ['source', 'reason'],
    ),
    deadLetters: counter('tidegate_dead_letters_total', 'Records sent to dead-letters', ['step', 'reason']),
    watermarkLag: gauge('tidegate_watermark_lag_seconds', 'Clock of the source minus its watermark', [
      'source',
    ]),
    sourceDelay: histogram(
      'tidegate_source_delay_seconds',
      'Arrival minus event time',
      ['source'],
      [0.1, 0.5, 1, 5, 30, 60, 300, 900],
    ),
    consumerLag: gauge('tidegate_consumer_lag_records', 'Records between the position and the end', [
      'group',
      'topic',
      'partition',
    ]),
    stageDuration: histogram(
      'tidegate_stage_duration_seconds',
      'Time to process one batch',
      ['stage'],
      [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    ),
    detectionDelay: histogram(
      'tidegate_detection_delay_seconds',
      'First event of a campaign to its first decision, in event time',
      [],
      [1, 2, 3, 5, 10, 30, 120, 600],
    ),
    enrichmentFailures: counter(
      'tidegate_enrichment_failures_total',
      'Look-ups that failed and yielded unknown',
      ['provider'],
    ),
    duplicates: counter('tidegate_duplicates_dropped_total', 'Records dropped as already seen', ['step']),
    afterClose: counter(
      'tidegate_events_after_close_total',
      'Events older than the panes already closed: they count nowhere. All of a site: it is read far behind the others',
      ['step', 'site'],
    ),
    stateEntries: gauge('tidegate_state_entries', 'Entries in a bounded table', ['table']),
    stateLimit: gauge('tidegate_state_entries_limit', 'Limit of a bounded table', ['table']),
    stateEvictions: counter('tidegate_state_evictions_total', 'Entries forgotten because a table was full', [
      'table',
    ]),
    checkpointAge: gauge('tidegate_checkpoint_age_seconds', 'Age of the newest committed checkpoint', [
      'step',
    ]),
    checkpointBytes: gauge('tidegate_checkpoint_bytes', 'Size of the newest checkpoint', ['step']),
    checkpointDuration: gauge('tidegate_checkpoint_duration_seconds', 'Duration of the newest checkpoint', [
      'step',
    ]),
    endpointNotices: counter(
      'tidegate_endpoint_notices_total',
      'Undocumented endpoints at their first sight, and others that should be gone',
      ['kind', 'level'],
    ),
    policySets: counter(
      'tidegate_policy_sets_total',
      'Published sets of policies that were read, that can not be used, or that came after their time',
      ['result'],
    ),
    verdicts: counter('tidegate_verdicts_total', 'Verdicts by policy', ['policy', 'level', 'mode']),
    verdictsDegraded: counter(
      'tidegate_verdicts_degraded_total',
      'Verdicts that a full table may have changed, by the cap that bit',
      ['cap'],
    ),
    hostMissing: gauge(
      'tidegate_host_missing',
      'Whether a host that usually has many of the site’s requests is silent: what its pages would tell is not believed',
      ['site'],
    ),
    rerouted: gauge(
      'tidegate_rerouted',
      'Whether the site’s people come from networks of servers all at once, as when a proxy hides their addresses: nothing new is stopped then',
      ['site'],
    ),
    campaignsOpen: gauge('tidegate_campaigns_open', 'Campaigns that are observed or active', ['kind']),
    decisionsActive: gauge('tidegate_decisions_active', 'Decisions in force', ['action', 'target_kind']),
    edgeEntries: gauge('tidegate_edge_entries', 'Entries at an edge', ['edge', 'state']),
    edgeDrift: gauge('tidegate_edge_drift_entries', 'Entries that differ between desired and observed', [
      'edge',
    ]),
    edgeCapacity: gauge('tidegate_edge_capacity_entries', 'Entries the edge can hold', ['edge']),
    edgeLastSuccess: gauge('tidegate_edge_last_success_timestamp_seconds', 'When the edge last matched', [
      'edge',
    ]),
    edgeRequests: counter('tidegate_edge_requests_total', 'Calls to an edge by result', ['edge', 'code']),
    edgeCircuitOpen: gauge('tidegate_edge_circuit_open', '1 while calls to the edge are suspended', ['edge']),
    edgePropagation: histogram(
      'tidegate_edge_propagation_seconds',
      'Decision to confirmed at the edge',
      ['edge'],
      [0.1, 0.5, 1, 2, 5, 15, 60, 300],
    ),
    enforcementArmed: gauge('tidegate_enforcement_armed', '1 when the edge enforces, 0 in dry run', ['edge']),
    guardTripped: counter('tidegate_guard_tripped_total', 'Changes held back by a guard', ['guard']),
    notifications: counter('tidegate_notifications_total', 'Notifications sent or given up', [
      'target',
      'result',
    ]),
    databaseBuild: gauge(
      'tidegate_database_build_timestamp_seconds',
      'Build time of an enrichment database',
      ['database'],
    ),
    feedLastSuccess: gauge('tidegate_feed_last_success_timestamp_seconds', 'When a feed was last read', [
      'feed',
    ]),
    rowsInserted: counter('tidegate_archive_rows_total', 'Rows inserted into ClickHouse', ['table']),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
