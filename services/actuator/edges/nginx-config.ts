import { createHash } from 'node:crypto';
import { formatNetwork, type Network } from '../../../lib/ip.ts';
import type { Entry, Observed, ObservedEntry } from '../edge.ts';
import { type BrowserVariable, renderBrowserVariable } from './nginx-browser.ts';
import { type NginxVariables, type RenderedSignature, renderSignature } from './nginx-signature.ts';
import { quoted } from './nginx-text.ts';

const mark = '# Written by tidegate for edge';
/** First line of the include that stands in until Tidegate writes its own (docs/howto/edges.md). */
const emptyMark = '# tidegate: empty';
const rulesPerGroup = 40;
const decisionId = /^dec_[a-z2-7]{20,40}$/;

/** Variables that countries, networks and fingerprints are compared with, as predicates of one attribute. */
const singleAttributes: { readonly [kind: string]: string } = {
  asn: 'asn',
  country: 'country',
  ja3: 'ja3',
  ja4: 'ja4',
};

/** The rule for an entry that is no address, or why nginx can not say it. */
export function renderRule(
  entry: Entry,
  id: string,
  variables: NginxVariables,
): RenderedSignature | { readonly inexpressible: string } {
  if (!decisionId.test(entry.decisionId)) return { inexpressible: 'a decision id that is none' };
  const attribute = singleAttributes[entry.kind];
  const signature =
    attribute === undefined
      ? entry.target.signature
      : { predicates: [{ attribute, op: 'in', values: [entry.value] }], except_good: false, good_after: [] };
  if (signature === null) return { inexpressible: `nginx holds no ${entry.kind}` };
  return renderSignature(signature, id, variables);
}

/**
 * The include file, for the http block: `$tidegate_decision` is the id of the decision that stops a request or empty,
 * `$tidegate_block` is 1 or empty. The header carries a hash of all lines after it, and each entry a line that names it,
 * so that the file tells what it holds.
 */
export function renderNginxConfig(
  edge: string,
  entries: readonly Entry[],
  exempt: readonly Network[],
  variables: NginxVariables,
): string {
  const addresses: string[] = [];
  const rules: string[] = [];
  const ids: string[] = [];
  const needs = new Set<BrowserVariable>();
  for (const entry of entries) {
    if (entry.kind === 'ip4' || entry.kind === 'ip6') {
      if (decisionId.test(entry.decisionId)) addresses.push(`    ${entry.value} ${entry.decisionId};`);
      continue;
    }
    const id = `r${ids.length}`;
    const rule = renderRule(entry, id, variables);
    if ('inexpressible' in rule) continue;
    for (const need of rule.needs) needs.add(need);
    const name = Buffer.from(entry.value).toString('base64url');
    rules.push(`# rule ${entry.kind} ${entry.decisionId} ${name}`, ...rule.lines);
    rules.push(`map ${rule.variable} $tidegate_hit_${id} { default ""; 1 ${entry.decisionId}; }`);
    ids.push(`$tidegate_hit_${id}`);
  }
  const groups: string[] = [];
  const groupNames: string[] = [];
  for (let index = 0; index < ids.length; index += rulesPerGroup) {
    const name = `$tidegate_group_${groupNames.length}`;
    groups.push(firstOf(ids.slice(index, index + rulesPerGroup), name));
    groupNames.push(name);
  }
  const rulesText = [
    '# Addresses that no rule may stop.',
    'geo $tidegate_exempt {',
    '    default 0;',
    ...exempt.map((network) => `    ${formatNetwork(network)} 1;`),
    '}',
    '# Addresses to stop, with the decision.',
    'geo $tidegate_address {',
    '    default "";',
    ...addresses,
    '}',
    ...[...needs].sort().flatMap(renderBrowserVariable),
    ...rules,
    ...groups,
    firstOf(groupNames, '$tidegate_rule'),
    'map $tidegate_exempt $tidegate_rule_unless_exempt { default ""; 0 $tidegate_rule; }',
    'map $tidegate_address $tidegate_decision { default $tidegate_address; "" $tidegate_rule_unless_exempt; }',
    'map $tidegate_decision $tidegate_block { default 1; "" ""; }',
    '',
  ].join('\n');
  const body = `${rulesText}# Tells which file a worker has loaded.\nmap "" $tidegate_version { default "${sha256(rulesText).slice(0, 16)}"; }\n`;
  return `${mark} ${edge}: changes made here are overwritten. sha256 ${sha256(body)}\n${body}`;
}

/** The first decision id among several variables. */
function firstOf(names: readonly string[], variable: string): string {
  if (names.length === 0) return `map "" ${variable} { default ""; }`;
  const captured = variable.replace('$tidegate_', 'tidegate_first_');
  return `map ${quoted(names.join(' '))} ${variable} { default ""; ${quoted(`~(?<${captured}>dec_[a-z2-7]+)`)} $${captured}; }`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What to put into the include file before the first start of nginx: the variables exist and stop nobody. */
export const emptyNginxConfig = `${emptyMark}
map "" $tidegate_block { default ""; }
map "" $tidegate_decision { default ""; }
map "" $tidegate_version { default ""; }
`;

/** What a file holds. null: it is not ours. */
export function readNginxConfig(text: string, edge: string): Observed | null {
  if (text.trim() === '' || text.startsWith(emptyMark)) return { entries: [], damaged: 'not written yet' };
  const end = text.indexOf('\n');
  const header = text.slice(0, end);
  if (!header.startsWith(`${mark} ${edge}:`)) return null;
  const body = text.slice(end + 1);
  const entries: ObservedEntry[] = [];
  const found = (kind: ObservedEntry['kind'], value: string, id: string): void => {
    entries.push({
      key: `${kind}|${value}`,
      kind,
      value,
      owner: 'ours',
      decisionId: id,
      action: 'block',
      expiresAt: null,
    });
  };
  for (const line of body.split('\n')) {
    const address = /^ {4}([0-9a-f.:]+\/\d+) (dec_[a-z2-7]+);$/.exec(line);
    if (address !== null) found(address[1]!.includes(':') ? 'ip6' : 'ip4', address[1]!, address[2]!);
    const rule = /^# rule ([a-z0-9]+) (dec_[a-z2-7]+) ([\w-]+)$/.exec(line);
    if (rule !== null)
      found(rule[1] as ObservedEntry['kind'], Buffer.from(rule[3]!, 'base64url').toString('utf8'), rule[2]!);
  }
  const damaged = header.endsWith(`sha256 ${sha256(body)}`) ? null : 'changed by someone else';
  return { entries, damaged };
}
