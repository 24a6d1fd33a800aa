-- The API inventory: what is known of each endpoint, which of them are counted as one, and what there was to look at.

CREATE TABLE IF NOT EXISTS endpoint_revisions
(
    endpoint_id    String,
    revision       UInt32,
    updated_at     DateTime64(3, 'UTC'),
    site           LowCardinality(String),
    host           LowCardinality(String),
    endpoint       String,
    function       LowCardinality(String),
    status         LowCardinality(String),
    documentation  LowCardinality(Nullable(String)),
    operation_id   Nullable(String),
    first_seen_at  Nullable(DateTime64(3, 'UTC')),
    established_at Nullable(DateTime64(3, 'UTC')),
    last_seen_at   Nullable(DateTime64(3, 'UTC')),
    requests       Float64,
    succeeded      Float64,
    failed         Float64,
    missing        Float64,
    clients        Float64,
    client_class   LowCardinality(String),
    audience       LowCardinality(String),
    params         Array(String),
    analogues      Array(String),
    family         Nullable(String)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY endpoint_id
TTL toDateTime(updated_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- Rows that became part of a family, or of another row, are not shown: their figures are in that row.
CREATE VIEW IF NOT EXISTS endpoints AS SELECT * FROM endpoint_revisions FINAL WHERE status != 'merged';

CREATE TABLE IF NOT EXISTS endpoint_alias_log
(
    alias_id       String,
    revision       UInt32,
    site           LowCardinality(String),
    host           LowCardinality(String),
    family         String,
    effective_from DateTime64(3, 'UTC'),
    members        UInt32
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY alias_id
TTL toDateTime(effective_from) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS endpoint_aliases AS SELECT * FROM endpoint_alias_log FINAL;

CREATE TABLE IF NOT EXISTS endpoint_notice_log
(
    notice_id      String,
    at             DateTime64(3, 'UTC'),
    site           LowCardinality(String),
    kind           LowCardinality(String),
    level          LowCardinality(String),
    endpoint_id    Nullable(String),
    host           LowCardinality(String),
    endpoint       String,
    function       LowCardinality(String),
    first_seen_at  DateTime64(3, 'UTC'),
    requests       Float64,
    clients        Float64,
    endpoints      UInt32,
    reason         String
)
ENGINE = ReplacingMergeTree(at)
ORDER BY notice_id
TTL toDateTime(at) + INTERVAL 180 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW IF NOT EXISTS endpoint_notices AS SELECT * FROM endpoint_notice_log FINAL;
