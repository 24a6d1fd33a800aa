import type { ServiceContext } from '../../lib/service-context.ts';
import { type Arming, armingOf } from './arming.ts';
import type { ActuatorConfig } from './config.ts';
import { createProtection } from './decider/protection.ts';
import { openDecisionView } from './decision-view.ts';
import { createDesiredState, endedEntries } from './desired.ts';
import { EdgeError } from './edge.ts';
import { createEdge } from './edges/catalogue.ts';
import { knownAt } from './known-entries.ts';
import { configuredBook, protectionOptions } from './main.ts';
import { changesOf, type Plan, reconcile } from './reconcile.ts';
import { createVendorHttp } from './vendor/vendor-http.ts';

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

const endedLatelyMs = 24 * 3_600_000;
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
  await Promise.race([commands.caughtUp, commands.done]);
  const view = await openDecisionView(log, now);
  await view.caughtUp;
  const protection = createProtection(protectionOptions(config), book);
  const vendorHttp = createVendorHttp({
    store: context.checkpoints,
    now,
    random: Math.random,
    metrics: context.metrics,
    logger: context.logger,
  });
  const signal = new AbortController();
  const opened = new Map(
    config.edges.map((edgeConfig) => {
      const edge = createEdge(edgeConfig, {
        name: edgeConfig.name,
        isArmed: () => true,
        now,
        exempt: (at) => protection.exempt(null, at),
        ended: () => endedEntries(view.decisions(), now(), endedLatelyMs),
        vendorHttp,
      });
      return [edgeConfig.name, { edge, edgeConfig, known: knownAt(edgeConfig, view) }] as const;
    }),
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
    const { edge, edgeConfig, known } = find(name);
    const state = createDesiredState({
      protection,
      isKilled: (site) => book.killed(site) !== null,
      commandVersion: () => book.version,
      sites: edgeConfig.sites,
    });
    view.onDecision(state.learn);
    const desired = isPurge ? [] : state.at(now()).entries;
    return reconcile(desired, await edge.observe(signal.signal, desired), edge.descriptor, {
      // A purge is no adoption: foreign content stays whatever the configuration says.
      adopt: !isPurge && edgeConfig.adopt,
      known,
      inexpressible: (entry) => edge.inexpressible?.(entry) ?? null,
      maxUnexplainedShare: isPurge ? 1 : config.loop.max_unexplained_share,
      windingDown: isPurge,
    });
  };
  return {
    names: [...opened.keys()],
    arming: (name) => {
      const { edgeConfig } = opened.get(name)!;
      return armingOf(edgeConfig.dry_run, book.aboutEdge(name));
    },
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
      await Promise.all([...opened.values()].map(({ edge }) => edge.close()));
      await view.close();
      await commands.close();
    },
  };
}
