import type { Target } from './contracts/generated.ts';

/**
 * Key of a target on the topics verdicts, commands and decisions. The three are keyed alike and have the same number of
 * partitions, so one decider owns everything about a target.
 */
export function targetKey(site: string, target: Pick<Target, 'kind' | 'value'>): string {
  return `${site}|${target.kind}|${target.value}`;
}
