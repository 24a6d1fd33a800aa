import type { Verdict } from '../../lib/contracts/generated.ts';
import { stableId } from '../../lib/ids.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import { targetKey } from '../../lib/target.ts';
import type { Policy } from './policies/load-policies.ts';

/** What a verdict says of its policy: plain values, so that a checkpoint can hold it. */
export type PolicyTerms = Pick<Policy, 'document' | 'hash' | 'taxonomy'>;

export function termsOf({ document, hash, taxonomy }: Policy): PolicyTerms {
  return { document: { ...document, tests: [] }, hash, taxonomy };
}

/** The action of a policy as records say it. */
export function actionOf(
  { document: { action } }: PolicyTerms,
  kind: string = action.kind,
): Verdict['action'] {
  return { kind, fallback: action.fallback, ttl_ms: action.ttl, escalate_ms: action.escalate };
}

/** What a verdict says beyond its policy. `opened_at`: a target that is found again later gets another verdict. */
export type Finding = Omit<
  Verdict,
  'verdict_id' | 'policy_id' | 'policy_title' | 'policy_hash' | 'level' | 'mode'
> & { readonly opened_at: number };

/** The verdict of a policy on one target. */
export function verdictOf({ document, hash }: PolicyTerms, finding: Finding): Verdict {
  const { opened_at: openedAt, revision, updated_at, site, target, ...said } = finding;
  return {
    verdict_id: stableId('verdict', site, document.id, hash, target.kind, target.value, openedAt),
    revision,
    updated_at,
    site,
    policy_id: document.id,
    policy_title: document.title,
    policy_hash: hash,
    level: document.level,
    mode: document.mode,
    target,
    ...said,
  };
}

/** On the partition of its target, where one decider has all causes. */
export function verdictOut(verdict: Verdict): Outgoing {
  return {
    topic: 'verdicts',
    key: targetKey(verdict.site, verdict.target),
    type: 'Verdict',
    value: verdict,
  };
}

/** Adds the verdicts that are new among what a step sends to its metric. */
export function countVerdicts(metrics: Metrics, outputs: readonly Outgoing[]): void {
  for (const { type, value } of outputs)
    if (type === 'Verdict' && value.revision === 1) {
      metrics.verdicts.inc({ policy: value.policy_title, level: value.level, mode: value.mode });
      for (const cap of value.degraded) metrics.verdictsDegraded.inc({ cap });
    }
}
