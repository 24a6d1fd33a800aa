import { readFileSync } from 'node:fs';
import { inPackage } from '../../lib/package-root.ts';
import type { Behaviour } from './behaviours/behaviour.ts';
import { behaviours } from './behaviours/catalogue.ts';
import { type GroupKind, groupKinds, groups } from './groups.ts';
import { accountDocs, clientDocs, networkDocs, ratioDocs, sketchDocs } from './policies/figure-docs.ts';
import { taxonomyOf } from './policies/load-policies.ts';
import { functions, type Member, variables } from './policies/vocabulary.ts';

/** Pages of docs/reference that are made from the code, by path inside it. */
export function referencePages(): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  pages.set('behaviours/README.md', index());
  for (const behaviour of behaviours) pages.set(`behaviours/${behaviour.name}.md`, page(behaviour));
  pages.set('policies.md', policiesPage());
  return pages;
}

const made = '<!-- Made from the code by scripts/generate-reference.js: edit there. -->\n\n';
const groupBy = (kind: GroupKind): string => `[${groups[kind].by.join(', ')}]`;
const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  row(...head) + row(...head.map(() => '---')) + rows.map((cells) => row(...cells)).join('');
const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}\n`).join('');
const featureName = ({ type, of }: Behaviour['features'][number]): string =>
  type === 'variable' ? `\`${of}\`` : `\`type: ${type}${of === undefined ? '' : `, of: ${of}`}\``;

function index(): string {
  return `${made}# Behaviours

What Tidegate measures, each as a feature that policies can ask for. A policy should ask for more than one: each has honest
look-alikes. Every page shows a policy in which the behaviour alone decides, with traffic that it must find and a
look-alike that it must leave alone; both are run with the tests.

${table(
  ['behaviour', 'feature', 'needs', 'taxonomy'],
  behaviours.map((one) => [
    `[${one.title}](${one.name}.md)`,
    one.features.map(featureName).join(', '),
    one.needs.map((field) => `\`${field}\``).join(', '),
    one.tags.map(taxonomyOf).join(', '),
  ]),
)}
How to write a policy: [docs/howto/write-a-policy.md](../../howto/write-a-policy.md). Everything a condition may read:
[policies.md](../policies.md).
`;
}

function page(behaviour: Behaviour): string {
  const yaml = readFileSync(inPackage('policies', 'behaviours', `${behaviour.name}.yaml`), 'utf8');
  return `${made}# ${behaviour.title}

${behaviour.measures}

${table(
  ['', ''],
  [
    ['Feature', behaviour.features.map(featureName).join(', ')],
    ['Group by', behaviour.groups.map((kind) => `\`${groupBy(kind)}\``).join(', ')],
    ['Window', behaviour.window],
    ['Needs', `${behaviour.needs.map((field) => `\`${field}\``).join(', ')} (without: unknown, never zero)`],
    ['Taxonomy', behaviour.tags.map(taxonomyOf).join(', ')],
  ],
)}
## Honest look-alikes

${bullets(behaviour.lookAlikes)}
## What it does not see

${behaviour.blindSpot}

## A policy in which it alone decides

\`policies/behaviours/${behaviour.name}.yaml\`; \`tidegate policies test\` runs its tests.

\`\`\`yaml
${yaml.trimEnd()}
\`\`\`
`;
}

function members(of: { readonly [name: string]: Member } | null, name: string): string[][] {
  return of === null
    ? []
    : Object.entries(of).map(([member, { doc, type, values }]) => [
        `\`${name}.${member}\``,
        values === undefined ? type : values.map((value) => `\`"${value}"\``).join(' '),
        doc,
      ]);
}

const figures = (docs: { readonly [name: string]: string }): string =>
  table(
    ['of', 'what'],
    Object.entries(docs).map(([name, doc]) => [`\`${name}\``, doc]),
  );

function policiesPage(): string {
  return `${made}# What policies may ask for

Thresholds live in policies, not in code. A condition is [CEL](https://cel.dev) over the features of the policy; it is
asked once for every group and second. A figure that is not known is null: a comparison with it decides nothing, and a
condition that hangs on it does not hold.

## Groups

${table(
  ['group-by', 'class', 'what'],
  groupKinds.map((kind) => [`\`${groupBy(kind)}\``, groups[kind].class, groups[kind].doc]),
)}
*local*: lies on one partition, nothing is merged. *combined*: partial aggregates of all partitions are merged; at most
\`detector.limits.groups\` a second and partition, and the rest is counted and marks what was found as degraded.
*rekeyed*: requests that pass \`match\` are sent to the partition of the group one by one, so a policy on accounts without
\`match\` is refused. Pairs with an endpoint need one too.

## Features

${table(
  ['type', 'what', 'timespan'],
  [
    ['`event_count`', 'Requests per second.', '1 s to 1 min; site and endpoint: to 60 min'],
    ['`ratio`', 'Share of the requests that are `of`, among those where that is known.', 'as above'],
    ['`share`', 'Requests of the group in all requests of the site.', '1 s to 1 min'],
    ['`value_count`', 'Distinct values.', 'whole stretches of 10 s, to 1 min'],
    [
      '`growth`',
      'Share of the values of the newest 10 to 20 s that the rest of the window had not shown.',
      'to 1 min',
    ],
    ['`client`, `network`, `account`', 'Figures of one address, network or account.', 'in the name'],
  ],
)}
### ratio

${figures(ratioDocs)}
### value_count and growth

${figures(sketchDocs)}
### client

${figures(clientDocs)}
### network

${figures(networkDocs)}
### account

${figures(accountDocs)}
## Functions

${Object.entries(functions)
  .map(
    ([name, { doc, of, members: has }]) =>
      `### ${name}(feature)\n\nOf ${of}. ${doc}\n${has === null ? '' : `\n${table(['', 'type', 'what'], members(has, `${name}(f)`))}`}`,
  )
  .join('\n')}
## Variables

${Object.entries(variables)
  .map(([name, { doc, in: where, members: has }]) => {
    const place =
      where === 'clients'
        ? 'In policies on [client].'
        : where === 'endpoints'
          ? 'In `match`, and in conditions of groups with an endpoint.'
          : 'In conditions of groups.';
    return `### ${name}\n\n${doc} ${place}\n${has === null ? '' : `\n${table(['', 'type', 'what'], members(has, name))}`}`;
  })
  .join('\n')}`;
}
