import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import { inPackage } from '../../lib/package-root.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { type ActuatorConfig, allowEndsAt } from './config.ts';
import { type CommandBook, createCommandBook } from './decider/command-book.ts';
import { createProtection, type Protection, type ProtectionOptions } from './decider/protection.ts';
import { runDecider } from './decider/run-decider.ts';
import type { EdgeStatus } from './edge-status.ts';
import type { Plan } from './reconcile.ts';
import { runEdges } from './run-edges.ts';

/** decider: verdicts and commands become decisions. edges: decisions are brought to the edges. */
export type ActuatorRole = 'decider' | 'edges';

export interface RunningActuator extends RunningService {
  /** Base URL of the decisions API; null without the edges role. */
  readonly url: string | null;
  edges(): readonly EdgeStatus[];
  /** What would change at an edge now: the dry run of `tidegate edges plan`. */
  planEdge(name: string): Promise<Plan>;
}

export function protectionOptions(config: ActuatorConfig): ProtectionOptions {
  return {
    networks: config.never_block.networks,
    files: config.never_block.files,
    shippedFolder: config.never_block.shipped ? inPackage('data', 'never-block') : null,
  };
}

/** Allow entries of the configuration, before any command. */
export function configuredBook(config: ActuatorConfig): CommandBook {
  return createCommandBook(
    config.allow_list.map((entry) => ({
      site: entry.site,
      target: { kind: 'cidr', value: entry.network },
      covers: entry.covers,
      reason: entry.reason,
      who: 'configuration',
      untilAt: allowEndsAt(entry),
    })),
  );
}

/**
 * Verdicts → decisions → edges. Everything it knows is read back from the log at the start: decisions from their own
 * topic, allow entries and the kill switch from commands. Every edge starts in dry run.
 */
export async function startActuator(
  context: ServiceContext,
  config: ActuatorConfig,
  options: {
    readonly roles?: readonly ActuatorRole[];
    /** Where requests of good clients are looked up; left out: nowhere. */
    readonly clickhouse?: ClickHouse | null;
  } = {},
): Promise<RunningActuator> {
  const roles = options.roles ?? ['decider', 'edges'];
  const book = configuredBook(config);
  const protection: Protection = createProtection(protectionOptions(config), book);
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    // Commands first: no verdict is decided and no edge is touched before all allow entries are known.
    let decider: Awaited<ReturnType<typeof runDecider>> | null = null;
    let edges: Awaited<ReturnType<typeof runEdges>> | null = null;
    const commands = await context.log.tail({
      topic: 'commands',
      from: 'earliest',
      onBatch: async (batch) => {
        for (const { value: command } of batch.records) {
          const before = book.version;
          book.apply(command, batch.partition);
          await decider?.onCommand(command, batch.partition);
          if (book.version !== before) edges?.wake();
          context.logger.debug({ command: command.command_id, kind: command.kind }, 'command');
        }
      },
    });
    closers.push(() => commands.close());
    await commands.caughtUp;
    if (roles.includes('decider')) {
      const started = await runDecider(context, config.decider, book, protection);
      decider = started;
      closers.push(() => started.close());
      await started.catchUp(); // with what came while it was starting
    }
    if (roles.includes('edges')) {
      const started = await runEdges(context, config, book, protection, options.clickhouse ?? null);
      edges = started;
      closers.push(() => started.close());
    }
    const running = [commands.done, decider?.done, edges?.done].filter((done) => done !== undefined);
    const done = Promise.all(running).then(() => {});
    done.catch(() => {});
    return {
      name: 'actuator',
      url: edges?.api.url ?? null,
      done,
      notReady() {
        if (!commands.ready()) return 'commands can not be read';
        if (decider !== null && !decider.ready()) return 'the decider has no partitions yet';
        const bad = edges?.status().filter((edge) => edge.consecutiveFailures > 0) ?? [];
        // A failing edge is shown, but one bad edge must not take the others out of service.
        return bad.length > 0 && bad.length === edges?.status().length
          ? `no edge answers: ${bad.map((edge) => `${edge.name} ${edge.state}`).join(', ')}`
          : null;
      },
      edges: () => edges?.status() ?? [],
      planEdge: (name) => {
        if (edges === null) throw new Error('this process runs no edges');
        return edges.plan(name);
      },
      stop: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
