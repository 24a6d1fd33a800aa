import { addressTarget } from './command.ts';
import type { Verdict } from './contracts/generated.ts';

/** A verdict to block an address or network from `at` on, for `ttlMs`. */
export function blockVerdict(
  value: string,
  at: number,
  { ttlMs = 3_600_000, ...more }: Partial<Verdict> & { readonly ttlMs?: number } = {},
): Verdict {
  return {
    verdict_id: `vrd_${value}_${at}`,
    revision: 1,
    updated_at: at,
    site: 'default',
    policy_id: 'p',
    policy_title: 'P',
    policy_hash: 'h',
    level: 'high',
    mode: 'enforce',
    target: addressTarget(value)!,
    action: { kind: 'block', fallback: null, ttl_ms: ttlMs, escalate_ms: [] },
    campaign_id: null,
    decided_at: at,
    first_seen_at: at,
    until_at: at + ttlMs,
    reason: 'r',
    evidence: [],
    taxonomy: [],
    sample_event_ids: [],
    inputs: [],
    degraded: [],
    baseline_rung: null,
    ...more,
  };
}
