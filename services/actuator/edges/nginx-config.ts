import { createHash, type Hash } from 'node:crypto';
import { formatNetwork, type Network } from '../../../lib/ip.ts';
import type { ActionKind } from '../decider/actions.ts';
import type { EntryKind, Observed, ObservedEntry } from '../edge.ts';
import { named } from '../entry-name.ts';
import { type BrowserVariable, renderBrowserVariable } from './nginx-browser.ts';
import { type NginxVariables, type RenderedSignature, renderSignature } from './nginx-signature.ts';
import { quoted } from './nginx-text.ts';
import { asObserved, meaningOf, type PlacedEntry } from './placed-entry.ts';
import { exemptText } from './proxy-edge.ts';

const mark = '# Written by tidegate (format 2) for edge';
const oldMark = '# Written by tidegate for edge';
/** First line of the include that stands in until Tidegate writes its own (docs/howto/edges.md). */
const emptyMark = '# tidegate: empty';
const rulesPerGroup = 40;
const decisionId = /^dec_[a-z2-7]{20,40}$/;
/** The strongest first. */
const actions = ['block', 'challenge', 'rate_limit', 'tag'] as const satisfies readonly ActionKind[];

/** The rule for an entry that is no address, or why nginx can not say it. */
export function renderRule(
  entry: PlacedEntry,
  id: string,
  variables: NginxVariables,
): RenderedSignature | { readonly inexpressible: string } {
  if (!decisionId.test(entry.decisionId)) return { inexpressible: 'a decision id that is none' };
  const signature = meaningOf(entry);
  if (signature === null) return { inexpressible: `nginx holds no ${entry.kind}` };
  return renderSignature(signature, id, variables);
}

/** A line of the file, or many that are bytes already: each with its end. */
type Line = string | Uint8Array;

interface ActionText {
  readonly lines: readonly Line[];
  /** Variable with the id of the decision, or empty. */
  readonly found: string;
}

/** The line of an address in the `geo` of its action. */
export function addressLine({ value, decisionId: id }: PlacedEntry): string {
  return decisionId.test(id) ? `    ${value} ${id};\n` : '';
}

/** Everything of one action: a `geo` for its addresses, maps for its rules, and what of both holds. */
function renderAction(
  action: ActionKind,
  addresses: readonly Uint8Array[],
  others: readonly PlacedEntry[],
  variables: NginxVariables,
  needs: Set<BrowserVariable>,
): ActionText {
  const rules: string[] = [];
  const hits: string[] = [];
  for (const entry of others) {
    const id = `${action}_${hits.length}`;
    const rule = renderRule(entry, id, variables);
    if ('inexpressible' in rule) continue;
    for (const need of rule.needs) needs.add(need);
    const name = Buffer.from(entry.value).toString('base64url');
    rules.push(`# rule ${action} ${entry.kind} ${entry.decisionId} ${name}`, ...rule.lines);
    rules.push(`map ${rule.variable} $tidegate_hit_${id} { default ""; 1 ${entry.decisionId}; }`);
    hits.push(`$tidegate_hit_${id}`);
  }
  const groups: string[] = [];
  const groupNames: string[] = [];
  for (let index = 0; index < hits.length; index += rulesPerGroup) {
    const name = `$tidegate_group_${action}_${groupNames.length}`;
    groups.push(firstOf(hits.slice(index, index + rulesPerGroup), name));
    groupNames.push(name);
  }
  const of = (what: string): string => `$tidegate_${what}_${action}`;
  return {
    lines: [
      `geo ${of('address')} {`,
      '    default "";',
      ...addresses,
      '}',
      ...rules,
      ...groups,
      firstOf(groupNames, of('rule')),
      `map $tidegate_exempt ${of('spared')} { default ""; 0 ${of('rule')}; }`,
      `map ${of('address')} ${of('found')} { default ${of('address')}; "" ${of('spared')}; }`,
    ],
    found: of('found'),
  };
}

/**
 * The include file, for the http block: `$tidegate_action` is what the strongest decision about a request asks for, or
 * empty, `$tidegate_decision` its id; `$tidegate_block` and `$tidegate_challenge` are 1 or empty, `$tidegate_rate_key`
 * is a key for limit_req or empty. The header carries a hash of all lines after it, and each entry a line that names it,
 * so that the file tells what it holds. It comes in pieces: one of megabytes for every change would soon have all memory
 * searched for what is no longer used, on all processors.
 */
export function renderNginxConfig(
  edge: string,
  content: {
    /** Lines of addresses, by action: bytes, because of 100,000 most are those of the file before. */
    readonly addresses: ReadonlyMap<ActionKind, readonly Uint8Array[]>;
    readonly others: readonly PlacedEntry[];
  },
  exempt: readonly Network[],
  variables: NginxVariables,
): readonly Uint8Array[] {
  const needs = new Set<BrowserVariable>();
  const { addresses, others } = content;
  const present = actions.filter(
    (action) => addresses.has(action) || others.some((entry) => entry.action === action),
  );
  const texts = present.map((action) =>
    renderAction(
      action,
      addresses.get(action) ?? [],
      others.filter((entry) => entry.action === action),
      variables,
      needs,
    ),
  );
  const all = texts.map(({ found }, index) => `${present[index]}=${found}`).join(' ');
  const strongest = (variable: string, part: 'action' | 'decision'): string =>
    texts.length === 0
      ? `map "" ${variable} { default ""; }`
      : `map ${quoted(all)} ${variable} { default ""; ${quoted(`~(?<tg_${part}>${part === 'action' ? '[a-z_]+)=dec_' : 'dec_[a-z2-7]+)'}`)} $tg_${part}; }`;
  const hash = createHash('sha256');
  const bytes = [
    exemptLine(exempt),
    'geo $tidegate_exempt {',
    '    default 0;',
    ...exempt.map((network) => `    ${formatNetwork(network)} 1;`),
    '}',
    ...[...needs].sort().flatMap(renderBrowserVariable),
    ...texts.flatMap(({ lines }) => lines),
    strongest('$tidegate_action', 'action'),
    strongest('$tidegate_decision', 'decision'),
    'map $tidegate_action $tidegate_block { default ""; block 1; }',
    'map $tidegate_action $tidegate_challenge { default ""; challenge 1; }',
    'map $tidegate_action $tidegate_rate_key { default ""; rate_limit "$tidegate_decision $binary_remote_addr"; }',
  ].map((line) => hashed(hash, line));
  const version = hash.copy().digest('hex').slice(0, 16);
  bytes.push(hashed(hash, '# Tells which file a worker has loaded.'));
  bytes.push(hashed(hash, `map "" $tidegate_version { default "${version}"; }`));
  const header = `${mark} ${edge}: changes made here are overwritten. sha256 ${hash.digest('hex')}\n`;
  return [Buffer.from(header), ...bytes];
}

function hashed(hash: Hash, line: Line): Uint8Array {
  const bytes = typeof line === 'string' ? Buffer.from(`${line}\n`) : line;
  hash.update(bytes);
  return bytes;
}

/** Tells by which list of exempt networks a file was written. */
export function exemptLine(exempt: readonly Network[]): string {
  return `# Networks that no rule may stop: sha256 ${sha256(exemptText(exempt))}`;
}

/** The first decision id among several variables. */
function firstOf(names: readonly string[], variable: string): string {
  if (names.length === 0) return `map "" ${variable} { default ""; }`;
  const captured = variable.replace('$tidegate_', 'tg_');
  return `map ${quoted(names.join(' '))} ${variable} { default ""; ${quoted(`~(?<${captured}>dec_[a-z2-7]+)`)} $${captured}; }`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What to put into the include file before the first start of nginx: the variables exist and stop nobody. */
export const emptyNginxConfig = `${emptyMark}
${['action', 'decision', 'block', 'challenge', 'rate_key', 'version']
  .map((name) => `map "" $tidegate_${name} { default ""; }`)
  .join('\n')}
`;

/** What a file holds. null: it is not ours. */
export function readNginxConfig(text: string, edge: string): Observed | null {
  if (text.trim() === '' || text.startsWith(emptyMark)) return { entries: [], damaged: 'not written yet' };
  const end = text.indexOf('\n');
  const header = text.slice(0, end);
  if (header.startsWith(`${oldMark} ${edge}:`))
    return { entries: [], damaged: 'written by an older version' };
  if (!header.startsWith(`${mark} ${edge}:`)) return null;
  const body = text.slice(end + 1);
  const entries: ObservedEntry[] = [];
  const found = (kind: string, value: string, id: string, action: string): void => {
    const name = named(kind as EntryKind, value);
    entries.push(asObserved({ ...name, decisionId: id, action: action as ActionKind }));
  };
  let action = '';
  for (const line of body.split('\n')) {
    action = /^geo \$tidegate_address_([a-z_]+) \{$/.exec(line)?.[1] ?? action;
    const address = /^ {4}([0-9a-f.:]+\/\d+) (dec_[a-z2-7]+);$/.exec(line);
    if (address !== null) found(address[1]!.includes(':') ? 'ip6' : 'ip4', address[1]!, address[2]!, action);
    const rule = /^# rule ([a-z_]+) ([a-z0-9]+) (dec_[a-z2-7]+) ([\w-]+)$/.exec(line);
    if (rule !== null)
      found(rule[2]!, Buffer.from(rule[4]!, 'base64url').toString('utf8'), rule[3]!, rule[1]!);
  }
  const damaged = header.endsWith(`sha256 ${sha256(body)}`) ? null : 'changed by someone else';
  return { entries, damaged };
}
