import { type ActionKind, actionKinds, strength } from './decider/actions.ts';
import type { EdgeDescriptor, Entry } from './edge.ts';

/**
 * Actions x client class x edge: what an action does to an honest client, what an edge can do, and what happens when
 * what was decided does not fit. docs/reference/actions.md shows it.
 */

/** Who calls an endpoint. `unknown` is treated as the one that can do least. */
export const clientClasses = ['browser', 'app', 'server', 'unknown'] as const;
export type ClientClass = (typeof clientClasses)[number];

/** What becomes of an honest client's request, mildest first. */
export const effects = ['nothing', 'marked', 'slowed', 'asked', 'refused'] as const;
export type Effect = (typeof effects)[number];

const noChallenge = { tag: 'marked', rate_limit: 'slowed', challenge: 'refused', block: 'refused' } as const;
const byClass: { readonly [name in ClientClass]: { readonly [action in ActionKind]: Effect } } = {
  browser: { observe: 'nothing', ...noChallenge, challenge: 'asked' },
  // Nobody is there to solve a challenge: it is an outage.
  app: { observe: 'nothing', ...noChallenge },
  server: { observe: 'nothing', ...noChallenge },
  unknown: { observe: 'nothing', ...noChallenge },
};

export function effectOf(action: ActionKind, clients: ClientClass): Effect {
  return byClass[clients][action];
}

/** What an action is meant to do: what it does to a browser. */
const meant = (action: ActionKind): Effect => effectOf(action, 'browser');
const isWorse = (a: Effect, b: Effect): boolean => effects.indexOf(a) > effects.indexOf(b);

export interface Fitted {
  /** `observe`: nothing fits, nothing is done. */
  readonly action: ActionKind;
  /** Why it is weaker than what was decided; null: it is what was decided. */
  readonly because: string | null;
}

/** The strongest action up to `wanted` that the edge can do and that does these clients no more than was meant. */
export function fitAction(
  wanted: ActionKind,
  clients: ClientClass,
  edge: Pick<EdgeDescriptor, 'kind' | 'actions'>,
): Fitted {
  const because: string[] = [];
  for (const action of actionKinds.slice(0, strength(wanted) + 1).toReversed()) {
    if (action === 'observe') break;
    if (!edge.actions.includes(action)) because.push(`${edge.kind} can not ${said(action)}`);
    else if (isWorse(effectOf(action, clients), meant(wanted)))
      because.push(`${aClient[clients]} can not solve a challenge`);
    else return { action, because: because.length === 0 ? null : because.join(', ') };
  }
  return { action: 'observe', because: because.join(', ') };
}

const said = (action: ActionKind): string => action.replace('_', ' ');
const aClient: { readonly [name in ClientClass]: string } = {
  browser: 'a browser',
  app: 'an app',
  server: 'a server',
  unknown: 'a client of unknown kind',
};

/** An entry that is at the edge with less than was decided. */
export interface Weakened {
  readonly entry: Entry;
  readonly decided: ActionKind;
  readonly because: string;
}

/** Entries as this edge can carry them out; `unfit` are those for which nothing fits. Never a stronger action. */
export function fitEntries(
  desired: readonly Entry[],
  edge: Pick<EdgeDescriptor, 'kind' | 'actions'>,
  clientsOf: (entry: Entry) => ClientClass,
): {
  readonly entries: readonly Entry[];
  readonly weakened: readonly Weakened[];
  readonly unfit: readonly { readonly entry: Entry; readonly because: string }[];
} {
  const entries: Entry[] = [];
  const weakened: Weakened[] = [];
  const unfit: { entry: Entry; because: string }[] = [];
  for (const entry of desired) {
    // Most are blocks at an edge that can block.
    const { action, because } =
      entry.action === 'block' && edge.actions.includes('block')
        ? { action: entry.action, because: null }
        : fitAction(entry.action, clientsOf(entry), edge);
    if (because === null) entries.push(entry);
    else if (action === 'observe') unfit.push({ entry, because });
    else {
      const milder = { ...entry, action };
      entries.push(milder);
      weakened.push({ entry: milder, decided: entry.action, because });
    }
  }
  return { entries, weakened, unfit };
}

/** Client classes of endpoints (`GET /stores/{number}/stock`), as configured. */
export interface ClientsConfig {
  readonly default: ClientClass;
  readonly endpoints: { readonly [endpoint: string]: ClientClass };
}

/** The table as Markdown; `edges` as their most generous configuration lets them. */
export function actionReference(edges: readonly Pick<EdgeDescriptor, 'kind' | 'actions'>[]): string {
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
    const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]!.length)));
    const line = (cells: readonly string[]) =>
      `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
    return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
  };
  const weakerRows = edges
    .filter(({ actions }) => actions.length > 0)
    .map((edge) => [
      `\`${edge.kind}\``,
      ...clientClasses.flatMap((clients) => {
        const { action } = fitAction('challenge', clients, edge);
        return action === 'observe' ? 'nothing' : `\`${action}\``;
      }),
    ]);
  return `# Actions

What may be decided about a request, mildest first, and what it does to an honest client that is caught by it:

${table(
  ['action', ...clientClasses.map((clients) => `${clients}`)],
  actionKinds.map((action) => [
    `\`${action}\``,
    ...clientClasses.map((clients) => effectOf(action, clients)),
  ]),
)}

Only a browser can solve a challenge, and only where a page is asked for: for an app or a server it is an outage. What is
not known to be a browser is treated as if it could not. Who calls which endpoint is learned by the inventory;
\`actuator.clients\` corrects it.

What each edge can do, where its configuration lets it:

${table(
  ['edge', ...actionKinds.slice(1).map((action) => `\`${action}\``)],
  edges.map((edge) => [
    `\`${edge.kind}\``,
    ...actionKinds.slice(1).map((action) => (edge.actions.includes(action) ? 'yes' : 'no')),
  ]),
)}

When what was decided does not fit, the next weaker action that does is taken, never a stronger one, and the plan says so
(\`weakened\`, with the reason). When nothing fits, the entry is left out of this edge, and that is said too (\`leftOut\`).
What becomes of a decided challenge:

${table(['edge', ...clientClasses], weakerRows)}

A decided \`block\` at an edge that can not block becomes the strongest that it can do.
`;
}
