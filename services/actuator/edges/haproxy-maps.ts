import { formatNetwork, type Network } from '../../../lib/ip.ts';
import { sparingFewest } from '../../../lib/signature/standing.ts';
import { actionKinds, strength } from '../decider/actions.ts';
import type { EntryKind, ObservedEntry } from '../edge.ts';
import { isAddress, named } from '../entry-name.ts';
import {
  appOnDevice,
  datedBrowsers,
  notBrowsers,
  platformPatterns,
  undatedBrowsers,
} from './browser-patterns.ts';
import { byParticularity, endpointPattern } from './endpoint-pattern.ts';
import { endpointLabel } from './haproxy-attributes.ts';
import { type BitRule, ruleMasks } from './haproxy-rules.ts';
import type { PlacedEntry } from './placed-entry.ts';
import { valueKinds } from './proxy-edge.ts';

/** The maps of a HAProxy edge and what is in them. */

/** One map of addresses an action: of several that hold an address, the strongest counts. */
export const addressMaps = { 1: 'tag', 2: 'rate_limit', 3: 'challenge', 4: 'block' } as const;
type Strength = keyof typeof addressMaps;
export type AddressMapName = (typeof addressMaps)[Strength];
export const addressMapNames: readonly AddressMapName[] = Object.values(addressMaps);
/** In the order in which they are written: what a rule refers to is there before the rule is live. */
export const ruleMaps = ['exempt', 'browsers', 'platforms', 'endpoints', 'decisions', 'rules'] as const;
export type RuleMapName = (typeof ruleMaps)[number];
export type MapName = AddressMapName | RuleMapName;
export const mapNames: readonly MapName[] = [...addressMapNames, ...ruleMaps];
export type MapContent = ReadonlyMap<string, string>;

const decision = /^([1-4])\.(dec_[a-z2-7]{20,40})$/;

export const addressMapOf = (entry: Pick<PlacedEntry, 'action'>): AddressMapName =>
  addressMaps[strength(entry.action) as Strength];
export const valueText = (entry: Pick<PlacedEntry, 'action' | 'decisionId'>): string =>
  `${strength(entry.action)}.${entry.decisionId}`;

/** Map of each action's addresses. */
export function renderAddresses(entries: readonly PlacedEntry[]): Map<AddressMapName, Map<string, string>> {
  const maps = new Map<AddressMapName, Map<string, string>>(addressMapNames.map((name) => [name, new Map()]));
  for (const entry of entries)
    if (isAddress(entry)) maps.get(addressMapOf(entry))!.set(entry.value, valueText(entry));
  return maps;
}

/** Every other map. `bits`: the bit of each signature, by the key of its entry. `knowsGood`: it is set up to. */
export function renderRuleMaps(
  entries: readonly PlacedEntry[],
  bits: ReadonlyMap<string, number>,
  exempt: readonly Network[],
  knowsGood: boolean,
): Map<RuleMapName, MapContent> {
  const decisions = new Map<string, string>();
  const rules: BitRule[] = [];
  const endpoints = new Set<string>();
  for (const entry of entries) {
    if (isAddress(entry)) continue;
    if (entry.signature === null) {
      decisions.set(`${entry.kind}=${entry.value}`, valueText(entry));
      continue;
    }
    const bit = bits.get(entry.key)!;
    decisions.set(`bit=${1n << BigInt(bit)}`, valueText(entry));
    decisions.set(`rule=${bit}`, Buffer.from(entry.value, 'utf8').toString('base64url'));
    const signature = knowsGood ? entry.signature : sparingFewest(entry.signature);
    rules.push({ bit, strength: strength(entry.action), signature });
    for (const { attribute, op, values } of entry.signature.predicates)
      if (attribute === 'endpoint' && (op === 'in' || op === 'not_in'))
        for (const value of values) endpoints.add(value);
  }
  const patterns = byParticularity(endpoints).flatMap((endpoint): [string, string][] => {
    const pattern = endpointPattern(endpoint);
    return pattern === null ? [] : [[`^(?:${pattern})$`, endpointLabel(endpoint)]];
  });
  return new Map<RuleMapName, MapContent>([
    ['exempt', sorted(exempt.map((network) => [formatNetwork(network), '1']))],
    ['browsers', browsers],
    ['platforms', platforms],
    ['endpoints', new Map(patterns)],
    ['decisions', sorted([...decisions])],
    ['rules', sorted([...ruleMasks(rules)].map(([key, mask]) => [key, String(mask)]))],
  ]);
}

/** The same whatever the order of the entries. */
const sorted = (lines: [string, string][]): MapContent => new Map(lines.sort(([a], [b]) => (a < b ? -1 : 1)));

export const mapText = (content: MapContent): string => {
  let text = '';
  for (const [key, value] of content) text += `${key} ${value}\n`;
  return text;
};

/** What the maps hold for us. `bits` as they are assigned. Lines that are not ours to read are not among them. */
export function readEntries(maps: ReadonlyMap<MapName, MapContent>): {
  readonly entries: ObservedEntry[];
  readonly bits: Map<string, number>;
} {
  const entries: ObservedEntry[] = [];
  const bits = new Map<string, number>();
  const found = (kind: EntryKind, value: string, text: string | undefined): void => {
    const parts = decision.exec(text ?? '');
    entries.push({
      ...named(kind, value),
      owner: parts === null ? 'foreign' : 'ours',
      decisionId: parts?.[2] ?? null,
      action: parts === null ? null : actionKinds[Number(parts[1])]!,
      expiresAt: null,
    });
  };
  for (const name of addressMapNames)
    for (const [key, text] of maps.get(name) ?? []) found(key.includes(':') ? 'ip6' : 'ip4', key, text);
  const decisions = maps.get('decisions') ?? new Map<string, string>();
  for (const [key, text] of decisions) {
    const at = key.indexOf('=');
    const kind = key.slice(0, at);
    const value = key.slice(at + 1);
    if ((valueKinds as readonly string[]).includes(kind)) found(kind as EntryKind, value, text);
    if (kind !== 'rule') continue;
    const signature = Buffer.from(text, 'base64url').toString('utf8');
    const bit = Number(value);
    bits.set(`signature|${signature}`, bit);
    found('signature', signature, decisions.get(`bit=${Number.isSafeInteger(bit) ? 1n << BigInt(bit) : ''}`));
  }
  return { entries, bits };
}

/**
 * A bit for each signature. One that has a bit keeps it; a new one gets the bit that has been free the longest, so that
 * a request that is being judged never reads the map before a change and the map after it as one rule.
 */
export function assignBits(
  keys: readonly string[],
  before: ReadonlyMap<string, number>,
  freedAt: readonly number[],
): Map<string, number> {
  const bits = new Map<string, number>();
  for (const key of keys) if (before.has(key)) bits.set(key, before.get(key)!);
  const used = new Set([...before.values()]);
  const free = freedAt.map((at, bit) => ({ at, bit }));
  free.sort((a, b) => Number(used.has(a.bit)) - Number(used.has(b.bit)) || a.at - b.at || a.bit - b.bit);
  const kept = new Set(bits.values());
  const next = free.filter(({ bit }) => !kept.has(bit)).values();
  for (const key of keys) if (!bits.has(key)) bits.set(key, next.next().value!.bit);
  return bits;
}

/** A blank ends a key. */
const keyOf = (pattern: string, ignoreCase: boolean): string =>
  `${ignoreCase ? '(?i)' : ''}${pattern.replaceAll(' ', '\\x20')}`;

/** User agent to `browser.version`; `-`: no browser. */
const browsers: MapContent = new Map([
  ...notBrowsers.map(({ pattern, ignoreCase }) => [keyOf(pattern, ignoreCase), '-'] as const),
  [keyOf(appOnDevice.pattern.replace('^', '^(?!Mozilla/)'), appOnDevice.ignoreCase), '-'] as const,
  // The first in the text counts.
  ...undatedBrowsers.map((browser) => {
    const any = undatedBrowsers.join('|');
    return [
      `^(?:(?!\\b(?:${any})/[0-9]).)*\\b${browser}/([0-9]{1,4})`,
      `${browser.toLowerCase()}.\\1`,
    ] as const;
  }),
  ...datedBrowsers.map(
    ({ pattern, browser }) =>
      [keyOf(pattern.replace('VERSION', '([0-9]{1,6})'), false), `${browser}.\\1`] as const,
  ),
]);

const platforms: MapContent = new Map(
  platformPatterns.map(({ pattern, ignoreCase, platform }) => [keyOf(pattern, ignoreCase), platform]),
);
