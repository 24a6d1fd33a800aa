import { outcomeCounts } from '../services/detector/layout.ts';
import { nearness } from '../services/detector/policies/clauses.ts';
import type { Policy } from '../services/detector/policies/load-policies.ts';

type Row = { readonly [column: string]: unknown };

/** How near an address came to a policy on single clients. */
export interface NearPolicy {
  readonly title: string;
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly mode: string;
  /** The minute in which it came nearest, as the archive says it. */
  readonly minute: string;
  /** 0 to 1; 1: everything that the archive knows of is there. */
  readonly nearness: number;
  /** The way to fire that is nearest. */
  readonly comparisons: readonly {
    readonly text: string;
    readonly observed: number | null;
    readonly threshold: number | null;
    readonly holds: boolean;
  }[];
  /** Comparisons of that way that the archive cannot answer. */
  readonly unknown: readonly string[];
}

/** What a policy on clients sees of an archived minute; null is unknown. */
function valuesOf(policy: Policy, minute: Row): { [name: string]: number | null } {
  const known = Number(minute['known_60s'] ?? 0) > 0;
  const values: { [name: string]: number | null } = {};
  for (const { name, spec } of policy.features) {
    if (spec.type !== 'client') continue;
    const figure = minute[spec.of];
    const value = figure === undefined || figure === null ? null : Number(figure);
    values[name] =
      (outcomeCounts.has(spec.of) && !known) || (spec.of === 'sessions_60s' && value === 0) ? null : value;
  }
  return values;
}

/**
 * "Why was this not caught?": for each policy on clients the way to fire that the address came nearest to, in the minute
 * it came nearest, nearest policy first. What needs the whole site (peers) the archive of one address cannot answer: it
 * is named and left out of the account.
 */
export function nearestPolicies(policies: readonly Policy[], minutes: readonly Row[]): NearPolicy[] {
  const found: NearPolicy[] = [];
  for (const policy of policies) {
    if (policy.scope !== 'client') continue;
    let best: NearPolicy | null = null;
    for (const minute of minutes) {
      const values = valuesOf(policy, minute);
      for (const clause of policy.clauses) {
        const answered = clause.filter(
          (one) => one.op === 'test' || (one.left(values) !== null && one.right(values) !== null),
        );
        if (answered.length === 0) continue;
        const near = Math.min(...answered.map((one) => nearness(one, values)));
        if (best !== null && near <= best.nearness) continue;
        best = {
          title: policy.document.title,
          policy_id: policy.document.id,
          policy_hash: policy.hash,
          mode: policy.document.mode,
          minute: String(minute['minute']),
          nearness: near,
          comparisons: answered.map((one) => ({
            text: one.text,
            observed: one.left(values),
            threshold: one.right(values),
            holds: one.holds(values),
          })),
          unknown: clause.filter((one) => !answered.includes(one)).map(({ text }) => text),
        };
      }
    }
    if (best !== null) found.push(best);
  }
  return found.sort((a, b) => b.nearness - a.nearness || (a.title < b.title ? -1 : 1)).slice(0, 3);
}

const shown = (value: number | null): string =>
  value === null ? 'unknown' : Number(value.toFixed(2)).toLocaleString('en-US');

/** The same for a terminal; empty when there is nothing to say. */
export function renderNearest(nearest: readonly NearPolicy[]): string {
  return nearest
    .map((one) => {
      const missing = one.comparisons
        .filter(({ holds }) => !holds)
        .map(({ text, observed, threshold }) => `${text}: ${shown(observed)} of ${shown(threshold)}`);
      const lines = [
        ` nearest   ${one.title} (${one.mode}, ${one.policy_hash.slice(0, 12)}): ${Math.round(one.nearness * 100)} % of the way at ${one.minute}`,
        ...missing.map((line) => `           ${line}`),
        ...(one.unknown.length === 0 ? [] : [`           not known from here: ${one.unknown.join(', ')}`]),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('');
}
