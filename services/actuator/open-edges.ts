import type { ServiceContext } from '../../lib/service-context.ts';
import type { ClientClass } from './action-table.ts';
import { type Arming, armingOf } from './arming.ts';
import type { CapacityOptions } from './choose-entries.ts';
import { type ClientsKnown, clientsSelectedBy } from './client-classes.ts';
import type { ActuatorConfig, EdgeConfig } from './config.ts';
import type { CommandBook } from './decider/command-book.ts';
import type { Protection } from './decider/protection.ts';
import type { DecisionView } from './decision-view.ts';
import { createDesiredState, type Desired, type DesiredState, endedEntries } from './desired.ts';
import type { Edge, Entry, ObservedEntry } from './edge.ts';
import { createEdge } from './edges/catalogue.ts';
import type { GoodList } from './good-list.ts';
import { knownAt } from './known-entries.ts';
import { rememberedEdge } from './remembered-edge.ts';
import { createVendorHttp } from './vendor/vendor-http.ts';

/** How often what edges in this process serve is written down. */
const rememberEveryMs = 60_000;
/** Readers that were away longer than this have had their entries run out. */
const endedLatelyMs = 24 * 3_600_000;

/** An edge of the configuration with what it is held against, whoever looks at it: the actuator or a command. */
export interface OpenEdge {
  readonly edgeConfig: EdgeConfig;
  readonly edge: Edge;
  arming(): Arming;
  /** From the first call on it follows the decisions: to be asked once they have been read. */
  desired(at: number): Desired;
  known(entryKey: string): boolean;
  /** Whether something says that the entry, which is not desired, may go. */
  explains(entry: ObservedEntry): boolean;
  /** Whether a person has lifted the guard on unexplained removals for now. */
  letsGo(): boolean;
  clientsOf(entry: Entry): ClientClass;
  /** What the planner weighs; the figures about entries are the caller's. */
  capacity(
    figures: Pick<CapacityOptions, 'collateralOf' | 'collateralBudget' | 'coverageOf'>,
  ): CapacityOptions;
}

/** `isArmed`: in place of what commands and configuration say. `goodOf`: left out, no edge follows good clients. */
export function openEdges(
  context: ServiceContext,
  config: ActuatorConfig,
  of: {
    readonly book: CommandBook;
    readonly protection: Protection;
    readonly view: DecisionView;
  } & Omit<ClientsKnown, 'config'>,
  isArmed?: () => boolean,
  goodOf?: (edge: EdgeConfig) => GoodList | undefined,
): readonly OpenEdge[] {
  const { now, metrics, logger } = context;
  const { book, protection, view } = of;
  const clients: ClientsKnown = { ...of, config: config.clients };
  const vendorHttp = createVendorHttp({
    store: context.checkpoints,
    now,
    random: Math.random,
    metrics,
    logger,
  });
  /** Edges that take the same sites share what is wanted. */
  const states = new Map<string, DesiredState>();
  const stateOf = (sites: readonly string[]): DesiredState => {
    const key = [...sites].sort().join();
    let state = states.get(key);
    if (state === undefined) {
      state = createDesiredState({
        protection,
        isKilled: (site) => book.killed(site) !== null,
        commandVersion: () => book.version,
        sites,
      });
      view.onDecision(state.learn);
      states.set(key, state);
    }
    return state;
  };
  return config.edges.map((edgeConfig) => {
    const { name, sites, aggregate } = edgeConfig;
    const arming = (): Arming => armingOf(edgeConfig.dry_run, book.aboutEdge(name), book.killedAll(sites));
    const known = knownAt(edgeConfig, view);
    const isAskedFor = (key: string, ofSites: readonly string[]): boolean =>
      stateOf(ofSites).at(now()).changes?.entry(key) !== undefined;
    const good = goodOf?.(edgeConfig);
    const edge = createEdge(edgeConfig, {
      name,
      isArmed: isArmed ?? (() => arming().mode === 'armed'),
      now,
      exempt: (at) => protection.exempt(null, at),
      ended: () => endedEntries(view.decisions(), now(), endedLatelyMs),
      vendorHttp,
      ...(good === undefined ? {} : { good }),
    });
    return {
      edgeConfig,
      edge:
        edge.descriptor.isVolatile === true
          ? rememberedEdge(edge, { name, store: context.checkpoints, logger, everyMs: rememberEveryMs, now })
          : edge,
      arming,
      desired: (at) => stateOf(sites).at(at),
      known,
      explains({ key, expiresAt }) {
        if (expiresAt !== null && expiresAt <= now()) return true;
        if (!known(key)) return false;
        // What is asked for here was let through by a probe; what only other sites ask for went by configuration.
        return sites.length === 0 || isAskedFor(key, sites) || !isAskedFor(key, []);
      },
      letsGo: () => book.letsGo(name, now()),
      clientsOf: (entry) => clientsSelectedBy(entry, clients),
      capacity: (figures) => ({
        ...figures,
        keepAbove: config.planner.keep_above,
        aggregate:
          aggregate === undefined
            ? null
            : {
                v4: aggregate.v4,
                v6: aggregate.v6,
                minMembers: aggregate.min_members,
                maxCollateral: Math.min(figures.collateralBudget, aggregate.max_good_requests),
                permits: (entry) => protection.refuse(entry.site, entry.target, now()) === null,
              },
      }),
    };
  });
}
