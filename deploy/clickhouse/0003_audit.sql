-- What people and edges did, and what could not be used. A record sent again is the same row.

CREATE TABLE IF NOT EXISTS edge_action_log
(
    edge_action_id     String,
    at                 DateTime64(3, 'UTC'),
    edge               LowCardinality(String),
    edge_kind          LowCardinality(String),
    plan_id            String,
    operation          LowCardinality(String),
    target_kind        LowCardinality(String),
    target_value       String,
    decision_id        Nullable(String),
    dry_run            Bool,
    result             LowCardinality(String),
    error              Nullable(String),
    duration_ms        Float64,
    who                LowCardinality(String),
    reason             String
)
ENGINE = ReplacingMergeTree(at)
ORDER BY edge_action_id
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS edge_actions AS SELECT * FROM edge_action_log FINAL;

CREATE TABLE IF NOT EXISTS command_log
(
    command_id         String,
    kind               LowCardinality(String),
    site               LowCardinality(String),
    target_kind        LowCardinality(Nullable(String)),
    target_value       Nullable(String),
    decision_id        Nullable(String),
    action             LowCardinality(Nullable(String)),
    scope              LowCardinality(Nullable(String)),
    reason             String,
    who                LowCardinality(String),
    at                 DateTime64(3, 'UTC'),
    until_at           Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree(at)
ORDER BY command_id
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS commands AS SELECT * FROM command_log FINAL;

CREATE TABLE IF NOT EXISTS dead_letter_log
(
    dead_letter_id     String,
    at                 DateTime64(3, 'UTC'),
    step               LowCardinality(String),
    site               LowCardinality(String),
    source_id          LowCardinality(String),
    position           String,
    reason             LowCardinality(String),
    detail             String,
    original           String,
    original_bytes     UInt64
)
ENGINE = ReplacingMergeTree(at)
ORDER BY dead_letter_id
TTL toDateTime(at) + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS dead_letters AS SELECT * FROM dead_letter_log FINAL;
