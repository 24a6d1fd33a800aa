import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../../lib/config.ts';
import type { Target } from '../../../lib/contracts/generated.ts';
import { isV4Network, type Network, parseNetwork } from '../../../lib/ip.ts';
import { whyNotSpared } from '../../../lib/spared-network.ts';
import { createNetworkSet, type NetworkSet } from '../network-set.ts';
import { type AllowEntry, type CommandBook, everySite } from './command-book.ts';

/** Networks that nobody may block, whatever a policy or a person says. Documentation ranges are not among them. */
const builtIn: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade NAT, shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
];

/** Wider blocks than these are refused: /16 (IPv4), /32 (IPv6); prefix lengths in IPv6 terms. */
const widestV4 = 96 + 16;
const widestV6 = 32;

export interface ProtectionOptions {
  /** Own networks, trusted proxies and whatever else the owner names. */
  readonly networks: readonly string[];
  /** Files with one network a line; `#` starts a comment. */
  readonly files: readonly string[];
  /** Folder of the lists that ship with Tidegate (CDN, verified bots), or null. */
  readonly shippedFolder: string | null;
}

export type RefusalReason = 'never_block' | 'allow_list' | 'too_wide' | 'not_an_address';
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Decides whether a target may be stopped at all. Asked when a decision is made, and again at every reconcile. */
export interface Protection {
  /** null: nothing protects the target at `at`. */
  refuse(site: string, target: Pick<Target, 'kind' | 'value'>, at: number): Refusal | null;
  /** Networks that no rule may stop either: never-block, and allow entries that cover everything. */
  exempt(site: string | null, at: number): readonly Network[];
  /** Until when the answers of `at` hold, commands aside: the end of the next allow entry; Infinity: for good. */
  holdsUntil(at: number): number;
}

/** The network of an address target; null when the target is not an address, undefined when it is malformed. */
export function networkOf(target: Pick<Target, 'kind' | 'value'>): Network | null | undefined {
  if (target.kind !== 'ip' && target.kind !== 'cidr') return null;
  let network = networks.get(target);
  if (network === undefined) {
    network = parseNetwork(target.value);
    networks.set(target, network);
  }
  return network ?? undefined;
}
/** Records are frozen, and the same target is asked about at every reconcile. */
const networks = new WeakMap<object, Network | null>();

interface AllowView {
  readonly version: number;
  /** The view holds for fromAt <= at < untilAt: no entry ends in between. */
  readonly fromAt: number;
  readonly untilAt: number;
  readonly networks: NetworkSet<AllowEntry>;
  readonly others: ReadonlyMap<string, AllowEntry>;
  readonly coversAll: readonly Network[];
}

export function createProtection(options: ProtectionOptions, book: CommandBook): Protection {
  const never = createNetworkSet(loadNetworks(options));
  const views = new Map<string, AllowView>();
  const always = new WeakMap<object, Refusal | null>();

  const viewOf = (site: string | null, at: number): AllowView => {
    const key = site ?? '';
    const present = views.get(key);
    if (present?.version === book.version && at >= present.fromAt && at < present.untilAt) return present;
    const relevant = book
      .allowed()
      .filter((entry) => site === null || entry.site === site || entry.site === everySite);
    const ends = relevant.flatMap((entry) => (entry.untilAt === null ? [] : [entry.untilAt]));
    const live = relevant.filter((entry) => entry.untilAt === null || at < entry.untilAt);
    const addresses = live.flatMap((entry) => {
      const network = networkOf(entry.target);
      return network ? [[network, entry] as const] : [];
    });
    const view: AllowView = {
      version: book.version,
      fromAt: Math.max(-Infinity, ...ends.filter((end) => end <= at)),
      untilAt: Math.min(Infinity, ...ends.filter((end) => end > at)),
      networks: createNetworkSet(addresses),
      others: new Map(live.map((entry) => [`${entry.target.kind}|${entry.target.value}`, entry])),
      coversAll: addresses.filter(([, entry]) => entry.covers === 'all').map(([network]) => network),
    };
    views.set(key, view);
    return view;
  };

  /** What no command changes, so it is worked out once for each target. */
  const alwaysRefused = (target: object & Pick<Target, 'value'>, network: Network): Refusal | null => {
    let refusal = always.get(target);
    if (refusal === undefined) {
      refusal = refuseAlways(target.value, network);
      always.set(target, refusal);
    }
    return refusal;
  };
  const refuseAlways = (value: string, network: Network): Refusal | null => {
    const v4 = isV4Network(network);
    if (network.prefix < (v4 ? widestV4 : widestV6))
      return { reason: 'too_wide', detail: `${value} is wider than /16 (IPv4) or /32 (IPv6)` };
    const protectedBy = never.overlapping(network);
    return protectedBy === null ? null : { reason: 'never_block', detail: protectedBy.value };
  };

  return {
    refuse(site, target, at) {
      const allow = viewOf(site, at);
      const allowed = (entry: AllowEntry): Refusal => ({
        reason: 'allow_list',
        detail: `allowed by ${entry.who}: ${entry.reason} (${entry.target.value})`,
      });
      const network = networkOf(target);
      if (network === undefined)
        return { reason: 'not_an_address', detail: `${target.kind} ${JSON.stringify(target.value)}` };
      if (network === null) {
        const entry = allow.others.get(`${target.kind}|${target.value}`);
        return entry === undefined ? null : allowed(entry);
      }
      const always = alwaysRefused(target, network);
      if (always !== null) return always;
      if (allow.networks.size === 0) return null;
      const entry = allow.networks.overlapping(network);
      return entry === null ? null : allowed(entry.value);
    },
    holdsUntil: (at) => viewOf(null, at).untilAt,
    exempt(site, at) {
      return [...never.entries().map(({ network }) => network), ...viewOf(site, at).coversAll];
    },
  };
}

function* loadNetworks(options: ProtectionOptions): Generator<readonly [Network, string]> {
  for (const [text, reason] of builtIn) yield [parseNetwork(text)!, reason];
  const problems: string[] = [];
  const named = (text: string, reason: string, place: string): (readonly [Network, string])[] => {
    const network = parseNetwork(text);
    if (network === null) {
      problems.push(`${place}: not a network: ${JSON.stringify(text)}`);
      return [];
    }
    const tooWide = whyNotSpared(network);
    if (tooWide !== null) problems.push(`${place}: ${tooWide}`);
    return [[network, reason]];
  };
  for (const text of options.networks)
    yield* named(text, 'named in never_block.networks', 'never_block.networks');
  const files = [
    ...(options.shippedFolder === null ? [] : textFilesIn(options.shippedFolder)),
    ...options.files,
  ];
  for (const file of files) {
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      problems.push(`never_block.files: cannot read ${file}`);
    }
    for (const [index, line] of text.split('\n').entries()) {
      const value = line.replace(/#.*/, '').trim();
      if (value !== '') yield* named(value, `listed in ${file}`, `${file}:${index + 1}`);
    }
  }
  // A half-read protection list would let a victim be blocked: refuse to start instead.
  if (problems.length > 0) throw new ConfigError(problems);
}

function textFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => join(folder, name));
}
