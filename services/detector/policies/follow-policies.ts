import { ConfigError } from '../../../lib/config.ts';
import type { PolicySet } from '../../../lib/contracts/generated.ts';
import type { Tail } from '../../../lib/log/log.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import { Changes } from '../changes.ts';
import type { Policy } from './load-policies.ts';
import { readPolicySet, settledMs } from './policy-set.ts';
import { createSetHistory, type PolicyTimeline, policiesFrom } from './timeline.ts';

/** Usual time between two looks at the end of the topic. */
const checkEvery = 5000;

export interface FollowedPolicies {
  readonly timeline: PolicyTimeline;
  readonly tail: Tail;
  /** Whoever waits for the timeline gives up. */
  stop(): void;
}

/**
 * The timeline that topic `policies` tells, after the policies of the files. Resolves when everything published so far
 * has been read. A set that can not be read changes nothing: the one before it holds on, a metric and a log line say so.
 *
 * The wall clock decides how long a loop waits, never which policies hold: see docs/adr/0017.
 */
export async function followPolicies(
  { log, logger, metrics, now }: ServiceContext,
  base: readonly Policy[],
  checkEveryMs: number = checkEvery,
): Promise<FollowedPolicies> {
  const history = createSetHistory(base);
  const changes = new Changes();
  let settled = -Infinity;
  const take = (set: PolicySet): void => {
    const from = set.effective_at;
    const named = { set: set.set_id, set_hash: set.set_hash, effective_at: new Date(from).toISOString() };
    let policies: Policy[];
    try {
      policies = readPolicySet(set);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      metrics.policySets.inc({ result: 'refused' });
      logger.error({ ...named, problems: error.problems }, 'a published set of policies can not be used');
      return;
    }
    history.add(policiesFrom(from, policies));
    metrics.policySets.inc({ result: 'read' });
    logger.info({ ...named, policies: policies.length, who: set.who }, 'set of policies read');
    if (from >= settled) return;
    metrics.policySets.inc({ result: 'late' });
    logger.error(
      named,
      'a set of policies came after its time: panes since then may have had the one before',
    );
  };

  const { endOffsets } = await log.status('policies');
  const positions = [...endOffsets];
  const looked = now();
  const tail = await log.tail({
    topic: 'policies',
    from: 'earliest',
    onBatch: (batch) => {
      for (const { offset } of batch.undecodable) {
        metrics.policySets.inc({ result: 'refused' });
        logger.error({ offset }, 'a record on topic policies can not be decoded');
      }
      for (const { value } of batch.records) take(value);
      positions[batch.partition] = Math.max(positions[batch.partition] ?? 0, batch.nextOffset);
    },
  });
  await tail.caughtUp;
  settled = looked + settledMs;

  const look = async (): Promise<void> => {
    const before = now();
    const { endOffsets: ends } = await log.status('policies');
    if (ends.some((end, partition) => (positions[partition] ?? 0) < end)) return;
    settled = Math.max(settled, before + settledMs);
    changes.announce();
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => logger.warn({ error }, 'the end of topic policies can not be read'))
      .finally(() => {
        looking = false;
      });
  }, checkEveryMs);
  timer.unref();
  return {
    timeline: {
      at: history.at,
      between: history.between,
      version: history.version,
      settledUntil: () => settled,
      settledFurther: () => changes.next(),
    },
    tail,
    stop: () => {
      clearInterval(timer);
      changes.stop();
    },
  };
}
