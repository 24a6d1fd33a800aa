import type { Decision } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { targetKey } from '../../lib/target.ts';
import { inForce } from './decider/actions.ts';
import { entryOf } from './desired.ts';

/** Ended decisions are kept this long: they explain why an entry found at an edge is ours and may go. */
const rememberEndedMs = 7 * 24 * 3_600_000;
const sweepEveryMs = 3_600_000;

/** All decisions, as the topic says: what every edge of this instance is held against. */
export interface DecisionView {
  readonly caughtUp: Promise<void>;
  readonly done: Promise<void>;
  decisions(): Iterable<Decision>;
  readonly size: number;
  /** True when the entry key was decided at some time. */
  known(entryKey: string): boolean;
  /** Calls with every entry key that is known, and with every one that becomes so or is forgotten. */
  onKnown(listener: (entryKey: string, isKnown: boolean) => void): void;
  /** Calls with every decision there is, and with every one that comes. */
  onDecision(listener: (decision: Decision) => void): void;
  /** Calls after a batch of decisions. */
  onChange(listener: () => void): void;
  /** Number of decisions in force by `action|target kind`, for the metric. */
  inForce(at: number): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function openDecisionView(log: Log, now: () => number): Promise<DecisionView> {
  const byTarget = new Map<string, Decision>();
  const known = new Map<string, number>(); // entry key -> latest end
  const knowers: ((entryKey: string, isKnown: boolean) => void)[] = [];
  const learners: ((decision: Decision) => void)[] = [];
  const listeners: (() => void)[] = [];
  let sweptAt = now();

  const sweep = (): void => {
    const before = now() - rememberEndedMs;
    for (const [key, decision] of byTarget) if (decision.expires_at < before) byTarget.delete(key);
    for (const [key, end] of known) {
      if (end >= before) continue;
      known.delete(key);
      for (const tell of knowers) tell(key, false);
    }
    sweptAt = now();
  };
  const tail = await log.tail({
    topic: 'decisions',
    from: 'earliest',
    onBatch: (batch) => {
      for (const { value: decision } of batch.records) {
        byTarget.set(targetKey(decision.site, decision.target), decision);
        for (const learn of learners) learn(decision);
        const key = entryOf(decision.target)?.key;
        if (key === undefined) continue;
        const end = known.get(key);
        known.set(key, Math.max(end ?? 0, decision.expires_at, decision.updated_at));
        if (end === undefined) for (const tell of knowers) tell(key, true);
      }
      if (now() - sweptAt > sweepEveryMs) sweep();
      for (const listener of listeners) listener();
    },
  });
  return {
    caughtUp: tail.caughtUp,
    done: tail.done,
    decisions: () => byTarget.values(),
    get size() {
      return byTarget.size;
    },
    known: (key) => known.has(key),
    onKnown: (listener) => {
      for (const key of known.keys()) listener(key, true);
      knowers.push(listener);
    },
    onDecision: (listener) => {
      for (const decision of byTarget.values()) listener(decision);
      learners.push(listener);
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    inForce(at) {
      const counts = new Map<string, number>();
      for (const decision of byTarget.values()) {
        const current = at < decision.expires_at ? inForce(decision, at) : null;
        if (current === null || current.mode !== 'enforce') continue;
        const key = `${current.action}|${decision.target.kind}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return counts;
    },
    close: () => tail.close(),
  };
}
