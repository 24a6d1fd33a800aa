import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { ConfigError } from '../../../lib/config.ts';
import type { PolicySet, PolicyText } from '../../../lib/contracts/generated.ts';
import { stableId } from '../../../lib/ids.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { paneMs } from '../layout.ts';
import { compilePolicyTexts, type Policy, policySetHash } from './load-policies.ts';

/**
 * A set is published so long before it takes effect that every instance has read it by then: its first pane lies at
 * least this far ahead of the publisher's clock.
 */
export const leadMs = 120_000;
/**
 * An instance that has read all of the topic at its time W goes on to panes that start before W plus this. What is left
 * of the lead allows for clocks that differ and for the time an append takes. Longer than the 60 s that a request's
 * stamp may lie ahead, so that nothing waits while the topic can be read.
 */
export const settledMs = 75_000;
/** An append that took longer than this may have come too late for some instance. */
export const longestAppendMs = 15_000;
/** A record has to fit into a batch of the log. */
export const mostBytes = 900_000;

/** The policies of a published set that are not off. Throws ConfigError with everything that is wrong with it. */
export function readPolicySet(set: PolicySet): Policy[] {
  const problems: string[] = [];
  if (set.effective_at % paneMs !== 0) problems.push(`effective_at: ${set.effective_at} starts no pane`);
  if (set.effective_at < set.published_at + leadMs)
    problems.push(
      `effective_at: ${set.effective_at} is less than ${leadMs / 1000} s after the set was published`,
    );
  if (set.files.length === 0) problems.push('files: there are none');
  const files = compilePolicyTexts(set.files.map(({ name, text }) => ({ path: name, text })));
  problems.push(...files.flatMap((file) => file.problems));
  if (problems.length > 0) throw new ConfigError(problems);
  return files.flatMap(({ policy }) => (policy === null || policy.document.mode === 'off' ? [] : [policy]));
}

/** The first pane that a set published at `now` may take effect at, or the first one from `wanted` on. */
export function firstPane(now: number, wanted: number = now + leadMs): number {
  return Math.ceil(Math.max(wanted, now + leadMs) / paneMs) * paneMs;
}

/** A set as it is published. Throws ConfigError when it does not compile, or is too large for the log. */
export function makePolicySet(options: {
  readonly files: readonly PolicyText[];
  readonly effectiveAt: number;
  readonly now: number;
  readonly who: string;
  readonly reason: string;
}): PolicySet {
  const { effectiveAt, now, who, reason } = options;
  const files = options.files.map(({ name, text }) => ({ name: basename(name), text }));
  const content = createHash('sha256').update(JSON.stringify(files)).digest('hex');
  const set: PolicySet = {
    set_id: stableId('policy-set', '', content, effectiveAt),
    set_hash: '',
    effective_at: effectiveAt,
    published_at: now,
    who,
    reason,
    files,
  };
  const made = { ...set, set_hash: policySetHash(readPolicySet(set)) };
  const bytes = files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > mostBytes)
    throw new ConfigError([`the files have ${bytes} bytes, a set may have ${mostBytes}`]);
  return made;
}

export function policySetOut(set: PolicySet): Outgoing {
  return { topic: 'policies', key: set.set_id, type: 'PolicySet', value: set };
}
