import type { Evidence, Verdict } from '../../lib/contracts/generated.ts';
import { nearestClause, thresholdOf } from './policies/clauses.ts';
import type { Policy } from './policies/load-policies.ts';
import { actionOf, type Finding, verdictOf } from './verdict.ts';

/** A stretch of time in which one target is under verdict by one policy. */
export interface Episode {
  readonly openedAt: number;
  readonly decidedAt: number;
  /** 0 until a verdict was sent. */
  revision: number;
  untilAt: number;
}

export function openEpisode(openedAt: number, decidedAt: number): Episode {
  return { openedAt, decidedAt, revision: 0, untilAt: 0 };
}

/** The policy fires at `at`: true when that is worth a revision, the first or one when half of the time is used up. */
export function extend(episode: Pick<Episode, 'revision' | 'untilAt'>, at: number, ttlMs: number): boolean {
  if (episode.revision > 0 && episode.untilAt - at > ttlMs / 2) return false;
  episode.revision++;
  episode.untilAt = at + ttlMs;
  return true;
}

/** Figures of one group by the name of the feature; null: unknown. */
export type Figures = ReadonlyMap<string, number | null>;

/** Figures against the thresholds of the way in which the condition holds. `values`: all that the condition saw. */
export function figureEvidence(policy: Policy, figures: Figures, values: object): Evidence[] {
  const clause = nearestClause(policy.clauses, values)?.clause ?? [];
  return policy.features.map(({ name, spec }) => ({
    name,
    observed: figures.get(name) ?? null,
    normal_p50: null,
    normal_p99: null,
    threshold: thresholdOf(clause, name, values),
    ratio: null,
    window_ms: spec.spanMs,
    samples: null,
    trust: null,
  }));
}

/** The verdict on a target that is judged by itself, outside any campaign. */
export function episodeVerdict(
  policy: Policy,
  episode: Episode,
  finding: Pick<Finding, 'site' | 'updated_at' | 'reason' | 'evidence' | 'inputs' | 'degraded'>,
  kind: string,
  value: string,
): Verdict {
  return verdictOf(policy, {
    opened_at: episode.openedAt,
    revision: episode.revision,
    updated_at: finding.updated_at,
    site: finding.site,
    target: { kind, value, signature: null },
    action: actionOf(policy),
    campaign_id: null,
    decided_at: episode.decidedAt,
    first_seen_at: episode.openedAt,
    until_at: episode.untilAt,
    reason: finding.reason,
    evidence: finding.evidence,
    taxonomy: policy.taxonomy,
    sample_event_ids: [],
    inputs: finding.inputs,
    degraded: finding.degraded,
    baseline_rung: null,
  });
}
