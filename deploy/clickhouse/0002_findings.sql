-- Verdicts, campaigns and decisions are published as revisions of one id. The tables keep revisions until they merge;
-- the views of the plain names show the newest revision of each: read the views.

CREATE TABLE IF NOT EXISTS verdict_revisions
(
    verdict_id         String,
    revision           UInt32,
    updated_at         DateTime64(3, 'UTC'),
    site               LowCardinality(String),
    policy_id          LowCardinality(String),
    policy_title       LowCardinality(String),
    policy_hash        LowCardinality(String),
    level              LowCardinality(String),
    mode               LowCardinality(String),
    target_kind        LowCardinality(String),
    target_value       String,
    target_predicates  Array(Tuple(attribute String, op String, values Array(String))),
    target_except_good Bool,
    target_good_after  Array(LowCardinality(String)),
    action             LowCardinality(String),
    action_fallback    LowCardinality(Nullable(String)),
    action_ttl_ms      UInt64,
    action_escalate_ms Array(UInt64),
    campaign_id        Nullable(String),
    decided_at         DateTime64(3, 'UTC'),
    first_seen_at      DateTime64(3, 'UTC'),
    until_at           DateTime64(3, 'UTC'),
    reason             String,
    evidence           Array(Tuple(name String, observed Nullable(Float64), normal_p50 Nullable(Float64), normal_p99 Nullable(Float64), threshold Nullable(Float64), ratio Nullable(Float64), window_ms Nullable(UInt64), samples Nullable(Float64), trust Nullable(String))),
    taxonomy           Array(String),
    sample_event_ids   Array(String),
    inputs             Array(Tuple(partition UInt32, first UInt64, last UInt64)),
    degraded           Array(String),
    baseline_rung      Nullable(String)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY verdict_id
TTL toDateTime(updated_at) + INTERVAL 180 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS verdicts AS SELECT * FROM verdict_revisions FINAL;

CREATE TABLE IF NOT EXISTS campaign_revisions
(
    campaign_id        String,
    revision           UInt32,
    updated_at         DateTime64(3, 'UTC'),
    site               LowCardinality(String),
    kind               LowCardinality(String),
    title              String,
    policy_id          LowCardinality(String),
    policy_hash        LowCardinality(String),
    level              LowCardinality(String),
    mode               LowCardinality(String),
    state              LowCardinality(String),
    merged_into        Nullable(String),
    scopes             Array(Tuple(kind String, key String)),
    opened_at          DateTime64(3, 'UTC'),
    effective_from     DateTime64(3, 'UTC'),
    closed_at          Nullable(DateTime64(3, 'UTC')),
    signatures         Array(Tuple(version UInt32, signature String, predicates Array(Tuple(attribute String, op String, values Array(String))), except_good Bool, good_after Array(String), coverage Float64, lift Float64, collateral Float64, collateral_upper Float64, good_sample Float64, from_at DateTime64(3, 'UTC'), until_at Nullable(DateTime64(3, 'UTC')))),
    action             LowCardinality(String),
    action_fallback    LowCardinality(Nullable(String)),
    action_ttl_ms      UInt64,
    action_escalate_ms Array(UInt64),
    applied_action     LowCardinality(String),
    reason             String,
    evidence           Array(Tuple(name String, observed Nullable(Float64), normal_p50 Nullable(Float64), normal_p99 Nullable(Float64), threshold Nullable(Float64), ratio Nullable(Float64), window_ms Nullable(UInt64), samples Nullable(Float64), trust Nullable(String))),
    taxonomy           Array(String),
    requests           Float64,
    excess             Float64,
    peak_ratio         Nullable(Float64),
    share              Nullable(Float64),
    clients            Float64,
    sample_event_ids   Array(String),
    inputs             Array(Tuple(partition UInt32, first UInt64, last UInt64)),
    degraded           Array(String),
    baseline_rung      Nullable(String)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY campaign_id
TTL toDateTime(updated_at) + INTERVAL 180 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS campaigns AS SELECT * FROM campaign_revisions FINAL;

CREATE TABLE IF NOT EXISTS decision_revisions
(
    decision_id        String,
    revision           UInt32,
    updated_at         DateTime64(3, 'UTC'),
    site               LowCardinality(String),
    target_kind        LowCardinality(String),
    target_value       String,
    target_predicates  Array(Tuple(attribute String, op String, values Array(String))),
    target_except_good Bool,
    target_good_after  Array(LowCardinality(String)),
    action             LowCardinality(String),
    mode               LowCardinality(String),
    state              LowCardinality(String),
    level              LowCardinality(String),
    reason             String,
    decided_at         DateTime64(3, 'UTC'),
    expires_at         DateTime64(3, 'UTC'),
    times              UInt32,
    causes             Array(Tuple(kind String, id String, policy_id Nullable(String), campaign_id Nullable(String), decided_at DateTime64(3, 'UTC'), until_at DateTime64(3, 'UTC'), released_at Nullable(DateTime64(3, 'UTC')))),
    requests           Float64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY decision_id
TTL toDateTime(updated_at) + INTERVAL 180 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS decisions AS SELECT * FROM decision_revisions FINAL;
