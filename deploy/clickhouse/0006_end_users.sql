-- Where the end user is whom a partner's call was made for: what a signature may say of it has to be found again.
ALTER TABLE requests ADD COLUMN IF NOT EXISTS end_user_country LowCardinality(Nullable(String));
ALTER TABLE requests ADD COLUMN IF NOT EXISTS end_user_asn Nullable(UInt32);
