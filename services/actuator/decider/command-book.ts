import { letGoMs } from '../../../lib/command.ts';
import type { Command, Target } from '../../../lib/contracts/generated.ts';
import { targetKey } from '../../../lib/target.ts';

/** A client or identity that is not to be stopped. */
export interface AllowEntry {
  /** `*`: every site. */
  readonly site: string;
  readonly target: Pick<Target, 'kind' | 'value'>;
  /** `address`: its address can not be listed, its keys and sessions stay judged. `all`: nothing of it is stopped. */
  readonly covers: 'address' | 'all';
  readonly reason: string;
  readonly who: string;
  /** Epoch ms; null: for good. */
  readonly untilAt: number | null;
}

/**
 * What all commands up to now amount to. Each kind is "the newest of its subject wins", so reading the topic again from
 * the start, in any order of partitions, ends in the same book.
 */
export interface CommandBook {
  /** Grows when what `allowed` answers has changed. */
  readonly version: number;
  /** `partition`: where the command was read; a block belongs to the decider of that partition. */
  apply(command: Command, partition?: number): void;
  allowed(): readonly AllowEntry[];
  /** The kill switch of the site, or null when it is off. */
  killed(site: string): Command | null;
  /** The kill switch that is on for all of these sites (none named: all there are), or null. */
  killedAll(sites: readonly string[]): Command | null;
  /** Commands that take decisions back: releases, and purges of a whole site. */
  releases(): readonly Command[];
  /** Latest time up to which whatever was decided about the target is taken back; -Infinity: never. */
  releasedAt(site: string, target: Pick<Target, 'kind' | 'value'>): number;
  /** The newest command about the edge (arm, disarm, purge), or null. */
  aboutEdge(edge: string): Command | null;
  /** Whether somebody lets go at `at` what a guard holds back at the edge. */
  letsGo(edge: string, at: number): boolean;
  /** Block commands that have not run out at `at`, with the partition they were read from. */
  blocks(at: number): readonly { readonly command: Command; readonly partition: number }[];
}

export const everySite = '*';

export function createCommandBook(configured: readonly AllowEntry[] = []): CommandBook {
  const allows = new Map<string, Command>();
  const switches = new Map<string, Command>();
  const releases = new Map<string, Command>();
  const edges = new Map<string, Command>();
  const letGo = new Map<string, Command>();
  const blocks = new Map<string, { command: Command; partition: number }>();
  let version = 1;
  let list: readonly AllowEntry[] | null = null;

  const keepNewest = (book: Map<string, Command>, key: string, command: Command): boolean => {
    const present = book.get(key);
    if (present !== undefined && present.at > command.at) return false;
    book.set(key, command);
    return true;
  };
  const killed = (site: string): Command | null => {
    const newest = [switches.get(site), switches.get(everySite)]
      .filter((command) => command !== undefined)
      .sort((a, b) => b.at - a.at)[0];
    return newest?.kind === 'kill' ? newest : null;
  };
  return {
    get version() {
      return version;
    },
    apply(command, partition = 0) {
      if (command.edge !== null) {
        const about = command.kind === 'let_go' ? letGo : edges;
        if (keepNewest(about, command.edge, command)) version++;
        return;
      }
      switch (command.kind) {
        case 'allow':
        case 'disallow':
          if (command.target === null) return;
          if (keepNewest(allows, targetKey(command.site, command.target), command)) {
            version++;
            list = null;
          }
          return;
        case 'kill':
        case 'resume':
          if (keepNewest(switches, command.site, command)) version++;
          return;
        case 'release':
        case 'purge': {
          const subject = command.kind === 'purge' ? 'purge' : releaseSubject(command);
          if (subject !== null) keepNewest(releases, `${command.site}|${subject}`, command);
          return;
        }
        case 'block':
          blocks.set(command.command_id, { command, partition });
          return;
        default:
          return;
      }
    },
    allowed() {
      list ??= [
        ...configured,
        ...[...allows.values()]
          .filter((command) => command.kind === 'allow')
          .map((command) => ({
            site: command.site,
            target: command.target!,
            covers: command.scope === 'all' ? ('all' as const) : ('address' as const),
            reason: command.reason,
            who: command.who,
            untilAt: command.until_at,
          })),
      ];
      return list;
    },
    killed,
    killedAll(sites) {
      const switched = (sites.length === 0 ? [everySite] : sites).map(killed);
      return switched.every((command) => command !== null) ? switched[0]! : null;
    },
    releases: () => [...releases.values()],
    releasedAt(site, target) {
      const subject = `${target.kind}|${target.value}`;
      const at = (key: string): number => releases.get(key)?.at ?? -Infinity;
      return Math.max(
        at(`${site}|${subject}`),
        at(`${everySite}|${subject}`),
        at(`${site}|purge`),
        at(`${everySite}|purge`),
      );
    },
    aboutEdge: (edge) => edges.get(edge) ?? null,
    letsGo(edge, at) {
      const newest = letGo.get(edge);
      return newest !== undefined && newest.at <= at && at < (newest.until_at ?? newest.at + letGoMs);
    },
    blocks(at) {
      for (const [id, { command }] of blocks)
        if (command.until_at !== null && command.until_at <= at) blocks.delete(id);
      return [...blocks.values()];
    },
  };
}

function releaseSubject(command: Command): string | null {
  if (command.decision_id !== null) return command.decision_id;
  return command.target === null ? null : `${command.target.kind}|${command.target.value}`;
}
