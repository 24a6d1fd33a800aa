import type { EdgeAction, Target } from '../../lib/contracts/generated.ts';
import { stableId } from '../../lib/ids.ts';
import type { LogProducer } from '../../lib/log/log.ts';
import type { Entry, ObservedEntry } from './edge.ts';
import { isAddress } from './entry-name.ts';
import type { Plan } from './reconcile.ts';

export type EdgeResult = 'planned' | 'applied' | 'failed';

/** Writes one EdgeAction for every change of a plan. Repeats of a planned or failed change are written once. */
export interface Audit {
  record(
    plan: Plan,
    result: EdgeResult,
    details: { error: string | null; durationMs: number; at: number },
  ): Promise<void>;
}

function targetOf(entry: Entry | ObservedEntry): Target {
  if ('target' in entry) return entry.target;
  if (isAddress(entry)) return { kind: 'cidr', value: entry.value, signature: null };
  return { kind: entry.kind, value: entry.value, signature: null };
}

export function createAudit(
  producer: LogProducer,
  edge: { readonly name: string; readonly kind: string },
  who: string,
): Audit {
  let repeated = new Set<string>();

  return {
    async record(plan, result, details) {
      const changes: [string, Entry | ObservedEntry, string][] = [
        ...plan.remove.map((entry): [string, ObservedEntry, string] => ['remove', entry, 'no longer wanted']),
        ...plan.update.map((entry): [string, Entry, string] => ['update', entry, entry.reason]),
        ...plan.add.map((entry): [string, Entry, string] => ['add', entry, entry.reason]),
      ];
      const seen = new Set<string>();
      const actions: EdgeAction[] = [];
      for (const [operation, entry, reason] of changes) {
        const change = `${result} ${operation} ${entry.key} ${entry.decisionId}`;
        seen.add(change);
        if (result !== 'applied' && repeated.has(change)) continue;
        actions.push({
          edge_action_id: stableId(
            'edge-action',
            edge.name,
            plan.planId,
            operation,
            entry.key,
            result,
            details.at,
          ),
          at: details.at,
          edge: edge.name,
          edge_kind: edge.kind,
          plan_id: plan.planId,
          operation,
          target: targetOf(entry),
          decision_id: entry.decisionId,
          dry_run: result === 'planned',
          result,
          error: details.error,
          duration_ms: Math.round(details.durationMs),
          who,
          reason,
        });
      }
      // A change that is no longer planned may be planned again later: only what was just seen is remembered.
      repeated = result === 'applied' ? new Set() : seen;
      if (actions.length > 0)
        await producer.send(
          actions.map((value) => ({ topic: 'edge-actions', key: edge.name, type: 'EdgeAction', value })),
        );
    },
  };
}
