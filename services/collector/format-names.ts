/** Formats of log lines, as configuration and flags name them. */
export const formatNames = [
  'ndjson',
  'json',
  'combined',
  'common',
  'alb',
  'cloudfront',
  'cloudflare',
  'fastly',
  'envoy',
  'caddy',
  'traefik',
  'haproxy',
] as const;
export type FormatName = (typeof formatNames)[number];
