-- Every request, as archived from requests.enriched. One row a request, one table partition a day.
--
-- topic_partition and topic_offset are the place of the request in requests.raw: the archiver finds its position by
-- their maximum, so data and position move in one insert. log_generation grows when a log was replaced by another.
--
-- client_ip falls back to client_network (/24 or /48) when its TTL has passed; the row goes later.
-- Roll-ups are projections: they are written in the same part as the rows, so they can neither miss nor double them.
CREATE TABLE IF NOT EXISTS requests
(
    site               LowCardinality(String),
    endpoint           LowCardinality(String) COMMENT 'METHOD template',
    timestamp          DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    event_id           String CODEC(ZSTD),
    source_id          LowCardinality(String),
    received_at        DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    client_network     IPv6 COMMENT 'IPv4 /24 (mapped) or IPv6 /48',
    client_ip          IPv6 DEFAULT client_network TTL toDateTime(timestamp) + INTERVAL 14 DAY,
    method             LowCardinality(String),
    host               LowCardinality(String),
    path               String COMMENT 'identifiers replaced by tokens' CODEC(ZSTD),
    params             Map(LowCardinality(String), String) COMMENT 'only names in privacy.keep_values',
    param_hashes       Map(LowCardinality(String), UInt64) COMMENT 'keyed hashes of all values',
    status             Nullable(UInt16),
    outcome            LowCardinality(String) COMMENT 'success, failure or unknown',
    request_bytes      Nullable(UInt64),
    response_bytes     Nullable(UInt64),
    duration_ms        Nullable(Float64),
    user_agent         LowCardinality(Nullable(String)),
    referer            Nullable(String),
    accept_language    LowCardinality(Nullable(String)),
    http_version       LowCardinality(Nullable(String)),
    tls_version        LowCardinality(Nullable(String)),
    ja3                LowCardinality(Nullable(String)),
    ja4                LowCardinality(Nullable(String)),
    session_id         Nullable(String) COMMENT 'pseudonym',
    account_id         Nullable(String) COMMENT 'pseudonym',
    partner_id         LowCardinality(Nullable(String)),
    api_key_id         LowCardinality(Nullable(String)) COMMENT 'pseudonym',
    end_user_ip        Nullable(IPv6) TTL toDateTime(timestamp) + INTERVAL 14 DAY,
    operation          LowCardinality(Nullable(String)),
    cookie_count       Nullable(UInt32),
    set_cookie_count   Nullable(UInt32),
    headers            Map(LowCardinality(String), String),
    edge_action        LowCardinality(Nullable(String)) COMMENT 'what the edge did, where the source says',
    request_id         Nullable(String),
    sample_rate        Nullable(Float64),
    extra              Map(LowCardinality(String), String),
    endpoint_function  LowCardinality(String),
    documented         Nullable(Bool),
    path_params        Map(LowCardinality(String), String),
    path_param_hashes  Map(LowCardinality(String), UInt64),
    country            LowCardinality(Nullable(String)),
    asn                Nullable(UInt32),
    as_org             LowCardinality(Nullable(String)),
    network_class      LowCardinality(String),
    proxy_kind         LowCardinality(Nullable(String)),
    proxy_operator     LowCardinality(Nullable(String)),
    proxy_confidence   Nullable(UInt8),
    client_class       LowCardinality(String),
    browser            LowCardinality(Nullable(String)),
    browser_version    Nullable(UInt32),
    browser_age_days   Nullable(Int32),
    browser_plausible  Nullable(Bool),
    platform           LowCardinality(Nullable(String)),
    bot                LowCardinality(String),
    bot_name           LowCardinality(Nullable(String)),
    data_snapshot      LowCardinality(String),
    topic_partition    UInt16,
    topic_offset       UInt64 CODEC(Delta, ZSTD),
    log_generation     UInt32,
    INDEX client_ip_index client_ip TYPE bloom_filter GRANULARITY 4,
    INDEX event_id_index event_id TYPE bloom_filter GRANULARITY 4,
    INDEX account_id_index account_id TYPE bloom_filter GRANULARITY 4,
    PROJECTION position
    (
        SELECT topic_partition, log_generation, toDate(timestamp), max(topic_offset)
        GROUP BY topic_partition, log_generation, toDate(timestamp)
    ),
    PROJECTION traffic_by_minute
    (
        SELECT
            site,
            endpoint,
            toStartOfMinute(timestamp),
            count(),
            countIf(outcome = 'success'),
            countIf(outcome = 'failure'),
            countIf(edge_action IN ('block', 'challenge', 'rate_limit')),
            countIf(edge_action IN ('block', 'challenge', 'rate_limit') AND outcome = 'success'),
            countIf(edge_action IN ('block', 'challenge', 'rate_limit') AND outcome = 'failure')
        GROUP BY site, endpoint, toStartOfMinute(timestamp)
    )
)
ENGINE = MergeTree
PARTITION BY toDate(timestamp)
ORDER BY (site, endpoint, timestamp)
TTL toDateTime(timestamp) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

-- Requests per minute. Exact, whatever was retried: it reads requests (through its projection), not a copy.
CREATE VIEW IF NOT EXISTS traffic_minutes AS
SELECT
    site,
    endpoint,
    toStartOfMinute(timestamp) AS minute,
    count() AS requests,
    countIf(outcome = 'success') AS successes,
    countIf(outcome = 'failure') AS failures,
    countIf(edge_action IN ('block', 'challenge', 'rate_limit')) AS stopped,
    countIf(edge_action IN ('block', 'challenge', 'rate_limit') AND outcome = 'success') AS stopped_successes,
    countIf(edge_action IN ('block', 'challenge', 'rate_limit') AND outcome = 'failure') AS stopped_failures
FROM requests
GROUP BY site, endpoint, minute;
