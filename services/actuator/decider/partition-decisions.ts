import type { Command, Decision, Verdict } from '../../../lib/contracts/generated.ts';
import { contains } from '../../../lib/ip.ts';
import { targetKey } from '../../../lib/target.ts';
import { inForce } from './actions.ts';
import { type CommandBook, everySite } from './command-book.ts';
import { type Change, type DecisionLimits, nextDecision } from './next-decision.ts';
import { networkOf, type Protection, type Refusal } from './protection.ts';

/** What one input led to. */
export interface Decided {
  readonly decisions: readonly Decision[];
  /** Set when protection held a block back. */
  readonly refusal: Refusal | null;
}

/**
 * The decisions of one partition: the newest revision of each target. Everything in here can be read back from the
 * decisions topic and the commands topic; nothing else is kept.
 */
export interface PartitionDecisions {
  readonly size: number;
  /** Takes a decision read back from the topic. */
  restore(decision: Decision): void;
  onVerdict(verdict: Verdict): Decided;
  /** Applies a command; `owned`: the command was read from this partition, so a block is ours to make. */
  onCommand(command: Command, owned: boolean): Decided;
  /** Applies every command known so far, after a restart. Those that had their effect already change nothing. */
  catchUp(book: CommandBook, partition: number, at: number): readonly Decision[];
}

const nothing: Decided = { decisions: [], refusal: null };

export function createPartitionDecisions(options: {
  readonly book: CommandBook;
  readonly protection: Protection;
  readonly limits: DecisionLimits;
  /** Most targets kept; ended ones go first, oldest end first. */
  readonly maxTargets: number;
  readonly onEvicted: (count: number) => void;
}): PartitionDecisions {
  const { book, protection, limits } = options;
  const byTarget = new Map<string, Decision>();
  const keyOfId = new Map<string, string>();

  const keep = (key: string, decision: Decision): void => {
    const before = byTarget.get(key);
    if (before !== undefined && before.decision_id !== decision.decision_id)
      keyOfId.delete(before.decision_id);
    byTarget.set(key, decision);
    keyOfId.set(decision.decision_id, key);
    if (byTarget.size > options.maxTargets) evict();
  };
  const evict = (): void => {
    const tenth = Math.ceil(options.maxTargets / 10);
    const oldest = [...byTarget].sort(([, a], [, b]) => a.expires_at - b.expires_at).slice(0, tenth);
    for (const [key, decision] of oldest) {
      byTarget.delete(key);
      keyOfId.delete(decision.decision_id);
    }
    options.onEvicted(oldest.length);
  };
  const change = (key: string, what: Change): Decision[] => {
    const next = nextDecision(byTarget.get(key) ?? null, what, limits);
    if (next === null) return [];
    keep(key, next);
    return [next];
  };

  /** Keys of the decisions that a release speaks of: by id, the same target, or addresses inside the one named. */
  const releasedKeys = (command: Command): string[] => {
    if (command.decision_id !== null) {
      const key = keyOfId.get(command.decision_id);
      return key === undefined ? [] : [key];
    }
    if (command.target === null) return [];
    const exact = targetKey(command.site, command.target);
    const network = networkOf(command.target);
    if (!network) return byTarget.has(exact) ? [exact] : [];
    return keysWhere((decision) => {
      if (command.site !== everySite && decision.site !== command.site) return false;
      const inner = networkOf(decision.target);
      return !!inner && inner.prefix >= network.prefix && contains(network, inner.address);
    });
  };
  const keysWhere = (matches: (decision: Decision) => boolean): string[] => {
    const keys: string[] = [];
    for (const [key, decision] of byTarget) if (matches(decision)) keys.push(key);
    return keys;
  };
  const releaseAll = (keys: readonly string[], command: Command): Decided => ({
    decisions: keys.flatMap((key) =>
      change(key, { kind: 'release', at: command.at, who: command.who, reason: command.reason }),
    ),
    refusal: null,
  });
  const onCommand = (command: Command, owned: boolean): Decided => {
    if (command.edge !== null) return nothing; // about an edge, not about what is decided
    switch (command.kind) {
      case 'block': {
        if (!owned || command.target === null) return nothing;
        const refusal = protection.refuse(command.site, command.target, command.at);
        if (refusal !== null) return { decisions: [], refusal };
        const target = command.target;
        const key = targetKey(command.site, target);
        return { decisions: change(key, { kind: 'block', command: { ...command, target } }), refusal: null };
      }
      case 'release':
        return releaseAll(releasedKeys(command), command);
      case 'purge':
        return releaseAll(
          keysWhere((decision) => command.site === everySite || decision.site === command.site),
          command,
        );
      case 'allow':
        return releaseAll(
          keysWhere(
            (decision) =>
              inForce(decision, command.at) !== null &&
              protection.refuse(decision.site, decision.target, command.at)?.reason === 'allow_list',
          ),
          command,
        );
      default:
        return nothing;
    }
  };

  return {
    get size() {
      return byTarget.size;
    },
    restore: (decision) => keep(targetKey(decision.site, decision.target), decision),
    onVerdict(verdict) {
      // Whatever was decided before a release stays released, in whichever order the two are read.
      if (verdict.decided_at <= book.releasedAt(verdict.site, verdict.target)) return nothing;
      const refusal = protection.refuse(verdict.site, verdict.target, verdict.updated_at);
      if (refusal !== null) return { decisions: [], refusal };
      const key = targetKey(verdict.site, verdict.target);
      return { decisions: change(key, { kind: 'verdict', verdict }), refusal: null };
    },
    onCommand,
    catchUp(commands, partition, at) {
      const decisions: Decision[] = [];
      for (const { command, partition: from } of commands.blocks(at))
        decisions.push(...onCommand(command, from === partition).decisions);
      for (const command of commands.releases()) decisions.push(...onCommand(command, true).decisions);
      return decisions;
    },
  };
}
