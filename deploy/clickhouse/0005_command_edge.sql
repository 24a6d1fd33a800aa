-- Commands may speak of an edge: arm, disarm, purge.
ALTER TABLE command_log ADD COLUMN IF NOT EXISTS edge LowCardinality(Nullable(String));

CREATE OR REPLACE VIEW commands AS SELECT * FROM command_log FINAL;
