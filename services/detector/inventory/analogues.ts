import { type InventorySettings, isRest, overrideOf, pathVariables, usualParams } from './classify.ts';
import type { EndpointEntry } from './endpoint-entry.ts';

/** Says through which door an endpoint is reached, not what it does. */
const channelWords: ReadonlySet<string> = new Set(
  'api apis app apps mobile m ios android web www webapp desktop rest bff gateway gw public internal external partner partners b2b client clients service services native touch site v'.split(
    ' ',
  ),
);
/** Words for the same thing. */
const synonyms: { readonly [word: string]: string } = {
  signin: 'login',
  logon: 'login',
  authenticate: 'login',
  auth: 'login',
  session: 'login',
  token: 'login',
  basket: 'cart',
  bag: 'cart',
  availability: 'stock',
  available: 'stock',
  inventory: 'stock',
  shop: 'store',
  location: 'store',
  article: 'product',
  item: 'product',
  payment: 'pay',
};
const paramSynonyms: { readonly [word: string]: string } = {
  zipcode: 'zip',
  postalcode: 'zip',
  postcode: 'zip',
  postal: 'zip',
  plz: 'zip',
  productid: 'product',
  storeid: 'store',
  skuid: 'sku',
  userid: 'user',
  username: 'user',
  email: 'user',
  q: 'query',
  lat: 'latitude',
  lng: 'longitude',
  lon: 'longitude',
};

/** At least this alike, of 1. */
const alike = 0.6;
/** Of several candidates those nearly as good as the best. */
const nearBest = 0.1;
const mostAnalogues = 4;
/** A word that so many endpoints share tells none of them apart. */
const mostCandidates = 200;
/** An unnamed variable may be any parameter. */
const wildcard = 0.6;

interface Described {
  readonly entry: EndpointEntry;
  readonly domain: string;
  readonly tokens: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  readonly unnamed: number;
  readonly channel: string;
}

function wordsOf(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

const singular = (word: string): string =>
  word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;

function paramName(name: string): string {
  const joined = wordsOf(name).join('');
  return paramSynonyms[joined] ?? singular(joined);
}

/** `api.shop.example` and `shop.example` are one owner's; a guess that takes `x.co.uk` for what it is. */
function domainOf(host: string): string {
  const labels = host.replace(/:\d+$/, '').split('.');
  if (/^\d+$/.test(labels.at(-1)!)) return host;
  const isCountry = labels.at(-1)!.length === 2 && (labels.at(-2)?.length ?? 9) <= 3;
  return labels.slice(isCountry ? -3 : -2).join('.');
}

function describe(entry: EndpointEntry): Described {
  const tokens = new Set<string>();
  const channel: string[] = [entry.host];
  for (const word of wordsOf(entry.template.replace(/\{[^{}]*\}/g, ' '))) {
    if (channelWords.has(word) || /^v?\d+$/.test(word)) channel.push(word);
    else tokens.add(synonyms[singular(word)] ?? singular(word));
  }
  // what it is for counts like a word of its path
  if (entry.function !== 'other') tokens.add(`#${entry.function}`);
  const names = new Set(usualParams(entry).map(paramName));
  let unnamed = 0;
  for (const name of pathVariables(entry)) {
    if (name === null) unnamed++;
    else names.add(paramName(name));
  }
  return { entry, domain: domainOf(entry.host), tokens, names, unnamed, channel: channel.join(' ') };
}

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let count = 0;
  for (const value of a) if (b.has(value)) count++;
  return count;
}

/** How alike two endpoints are, 0 to 1: words of the path (Jaccard), and parameters wherever they stand. */
function likeness(a: Described, b: Described): number {
  const both = shared(a.tokens, b.tokens);
  const words = both / (a.tokens.size + b.tokens.size - both);
  const most = Math.max(a.names.size + a.unnamed, b.names.size + b.unnamed);
  if (most === 0) return words;
  const named = shared(a.names, b.names);
  const open = Math.min(a.unnamed + b.unnamed, most - named);
  const least = Math.min(a.names.size + a.unnamed, b.names.size + b.unnamed);
  const params = (named + wildcard * Math.min(open, Math.max(0, least - named))) / most;
  return 0.55 * words + 0.45 * params;
}

/**
 * Endpoints that do the same through another door (web, mobile, an older version), by key: same domain, method and
 * function, alike in the words of the path and in the names of parameters, whether these stand in the path or the query. The
 * relation is symmetrical and depends on the set of entries alone. Configured analogues come first.
 */
export function pairAnalogues(
  settings: InventorySettings,
  entries: Iterable<EndpointEntry>,
): ReadonlyMap<string, readonly string[]> {
  const classes = new Map<string, Described[]>();
  const described: Described[] = [];
  for (const entry of entries) {
    if (entry.function === 'content' || isRest(entry)) continue;
    described.push(describe(entry));
  }
  described.sort((a, b) => (a.entry.key < b.entry.key ? -1 : 1));
  const into = (id: string, one: Described): void => {
    const list = classes.get(id);
    if (list === undefined) classes.set(id, [one]);
    else list.push(one);
  };
  // without a function only a common word makes two endpoints candidates
  for (const one of described) {
    const { method, function: kind } = one.entry;
    if (kind !== 'other') into(`${method} #${kind}`, one);
    else for (const word of one.tokens) into(`${method} ${word}`, one);
  }

  const likes = new Map<string, Map<string, number>>();
  const note = (from: string, to: string, score: number): void => {
    const list = likes.get(from);
    if (list === undefined) likes.set(from, new Map([[to, score]]));
    else list.set(to, score);
  };
  for (const list of classes.values()) {
    if (list.length > mostCandidates) continue;
    for (let first = 0; first < list.length; first++)
      for (let second = first + 1; second < list.length; second++) {
        const a = list[first]!;
        const b = list[second]!;
        if (a.domain !== b.domain || a.channel === b.channel || a.entry.function !== b.entry.function)
          continue;
        const score = likeness(a, b);
        if (score < alike) continue;
        note(a.entry.key, b.entry.key, score);
        note(b.entry.key, a.entry.key, score);
      }
  }
  const best = new Map([...likes].map(([key, list]) => [key, Math.max(...list.values())]));

  const pairs = new Map<string, readonly string[]>();
  for (const { entry } of described) {
    const learned = [...(likes.get(entry.key) ?? [])]
      .filter(([to, score]) => score >= best.get(entry.key)! - nearBest && score >= best.get(to)! - nearBest)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .map(([to]) => to);
    const said = overrideOf(settings, entry, 'analogues') ?? [];
    pairs.set(entry.key, [...new Set([...said, ...learned])].slice(0, mostAnalogues));
  }
  return pairs;
}
