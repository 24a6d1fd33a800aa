import type { Decision, Verdict } from '../../lib/contracts/generated.ts';
import type { DeciderConfig } from '../../services/actuator/config.ts';
import type { CommandBook } from '../../services/actuator/decider/command-book.ts';
import { decisionLimits } from '../../services/actuator/decider/next-decision.ts';
import { createPartitionDecisions } from '../../services/actuator/decider/partition-decisions.ts';
import type { Protection } from '../../services/actuator/decider/protection.ts';

/**
 * The decider of replay. Stages of the detector find at their own pace; on a log each verdict is decided when it comes,
 * and which of two about one address comes first is chance. Here they are decided in the order of their moments, so that
 * the same log gives the same decisions.
 */
export interface OrderedDecider {
  add(verdict: Verdict): void;
  /** Decides what is dated `until` or earlier: nothing so dated may be added afterwards. */
  decide(until: number): Decision[];
}

export function createOrderedDecider(
  config: DeciderConfig,
  book: CommandBook,
  protection: Protection,
): OrderedDecider {
  const decisions = createPartitionDecisions({
    book,
    protection,
    limits: decisionLimits(config),
    maxTargets: config.max_targets,
    onEvicted: () => {},
  });
  let waiting: Verdict[] = [];
  return {
    add(verdict) {
      waiting.push(verdict);
    },
    decide(until) {
      const due = waiting.filter((verdict) => verdict.updated_at <= until);
      if (due.length === 0) return [];
      waiting = waiting.filter((verdict) => verdict.updated_at > until);
      return due.sort(inOrder).flatMap((verdict) => decisions.onVerdict(verdict).decisions);
    },
  };
}

function inOrder(a: Verdict, b: Verdict): number {
  if (a.updated_at !== b.updated_at) return a.updated_at - b.updated_at;
  if (a.verdict_id !== b.verdict_id) return a.verdict_id < b.verdict_id ? -1 : 1;
  return a.revision - b.revision;
}
