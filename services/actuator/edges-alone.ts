import type { ServiceContext } from '../../lib/service-context.ts';
import type { Arming } from './arming.ts';
import { unlimitedCapacity } from './choose-entries.ts';
import { openLearnedClients } from './client-classes.ts';
import type { ActuatorConfig } from './config.ts';
import { createProtection } from './decider/protection.ts';
import { openDecisionView } from './decision-view.ts';
import { EdgeError } from './edge.ts';
import { openCampaignView } from './guard/campaign-view.ts';
import { configuredBook, protectionOptions } from './main.ts';
import { openEdges } from './open-edges.ts';
import { changesOf, type Plan, reconcile } from './reconcile.ts';

/** The edges looked at by a command, without an actuator: nothing is written but by `purge`. */
export interface EdgesAlone {
  readonly names: readonly string[];
  arming(name: string): Arming;
  /** What would change now. Throws EdgeError when the edge can not be read. */
  plan(name: string): Promise<Plan>;
  /** Takes out everything of ours and nothing else; answers how many entries went. */
  purge(name: string): Promise<number>;
  close(): Promise<void>;
}

const purgeAttempts = 4;

/**
 * Reads all commands and decisions first: what was ever decided is ours, also where an edge has no place for a mark.
 * Edges that the actuator serves itself (feeds, CrowdSec's bouncers) exist only in its process.
 */
export async function openEdgesAlone(context: ServiceContext, config: ActuatorConfig): Promise<EdgesAlone> {
  const { log, now } = context;
  const book = configuredBook(config);
  const commands = await log.tail({
    topic: 'commands',
    from: 'earliest',
    onBatch: (batch) => {
      for (const { value } of batch.records) book.apply(value, batch.partition);
    },
  });
  await commands.caughtUp;
  const view = await openDecisionView(log, now);
  await view.caughtUp;
  const campaigns = await openCampaignView(log);
  await campaigns.caughtUp;
  const learned = await openLearnedClients(log);
  await learned.caughtUp;
  const protection = createProtection(protectionOptions(config), book);
  const signal = new AbortController();
  const opened = new Map(
    openEdges(
      context,
      config,
      { book, protection, view, learned, campaign: campaigns.campaign },
      () => true,
    ).map((one) => [one.edgeConfig.name, one] as const),
  );
  const find = (name: string) => {
    const found = opened.get(name);
    if (found === undefined)
      throw new Error(`no edge named ${name}: there are ${[...opened.keys()].join(', ') || 'none'}`);
    if (found.edge.register !== undefined)
      throw new EdgeError('unavailable', `${name} is served by the actuator, which does not run here`);
    return found;
  };
  const look = async (name: string, isPurge: boolean): Promise<Plan> => {
    const { edge, edgeConfig, desired, known, explains, letsGo, clientsOf, capacity } = find(name);
    const wanted = isPurge ? [] : desired(now()).entries;
    return reconcile(wanted, await edge.observe(signal.signal, wanted), edge.descriptor, {
      // A purge is no adoption: foreign content stays whatever the configuration says.
      adopt: !isPurge && edgeConfig.adopt,
      known,
      explains,
      inexpressible: (entry) => edge.inexpressible?.(entry) ?? null,
      maxUnexplainedShare: isPurge || letsGo() ? 1 : config.loop.max_unexplained_share,
      windingDown: isPurge,
      clientsOf,
      capacity: capacity(unlimitedCapacity),
    });
  };
  return {
    names: [...opened.keys()],
    arming: (name) => opened.get(name)!.arming(),
    plan: (name) => look(name, false),
    async purge(name) {
      let removed = 0;
      for (let attempt = 1; ; attempt++) {
        const plan = await look(name, true);
        if (changesOf(plan) === 0) return removed;
        if (attempt > purgeAttempts)
          throw new EdgeError('unverified', `${plan.remove.length} entries are still there`);
        removed = Math.max(removed, plan.remove.length);
        await find(name).edge.apply(plan, signal.signal);
      }
    },
    async close() {
      signal.abort();
      try {
        await Promise.all([...opened.values()].map(({ edge }) => edge.close()));
      } finally {
        await view.close();
        await campaigns.close();
        await learned.close();
        await commands.close();
      }
    },
  };
}
