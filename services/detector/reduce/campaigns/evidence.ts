import type { Evidence } from '../../../../lib/contracts/generated.ts';
import { flag, paneMs, traitIndex } from '../../layout.ts';
import { nearestClause, thresholdOf } from '../../policies/clauses.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { samplesOf } from '../site/scope.ts';
import { type FigureTable, figuresOf } from '../site/scope-figures.ts';
import {
  contrastOf,
  expected,
  featureValue,
  normal,
  type SiteState,
  type WatchedScope,
} from '../site/site-state.ts';
import { phrases } from './phrases.ts';

const functionWords: { readonly [name: string]: string } = {
  excess: 'requests beyond the expected',
  surprise: 'the same in standard deviations',
};

/**
 * What a policy's features say at the end of a pane, held against what is normal and against the thresholds of the way
 * in which the condition holds; then the excess and surprise that this way asks for.
 */
export function evidenceOf(
  state: SiteState,
  table: FigureTable,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): Evidence[] {
  const { scope } = watched;
  const values = table.of(policy).values(figuresOf(table, state, watched, pane));
  const clause = nearestClause(policy.clauses, values)?.clause ?? [];
  const names = new Map<string, string>();
  const rows: Evidence[] = policy.features.map(({ name, key, spec }) => {
    const observed = featureValue(state, scope, spec, pane);
    const usual = normal(state, watched, key);
    const learned = usual.n > 0;
    const share = spec.type === 'ratio' ? expected(state, watched, spec.of) : null;
    const p50 = share?.share ?? usual.p50;
    const title = spec.type === 'ratio' ? `share of requests that ${phrases[spec.of]}` : name;
    names.set(name, title);
    return {
      name: title,
      observed,
      normal_p50: p50,
      normal_p99: share?.upper ?? usual.p99,
      threshold: thresholdOf(clause, name, values),
      ratio: observed === null || p50 === 0 ? null : observed / p50,
      window_ms: spec.spanMs,
      samples:
        spec.type === 'ratio'
          ? contrastOf(state, watched, spec.of, pane, spec.spanMs / paneMs).known
          : learned
            ? usual.n
            : null,
      trust:
        observed === null
          ? 'unknown: not in this input, not used'
          : spec.type === 'value_count' || spec.type === 'growth'
            ? '±2.3 % (HyperLogLog)'
            : learned
              ? `${usual.n * 10} s learned (${usual.rung})`
              : 'not learned yet: floor',
    };
  });
  for (const comparison of clause) {
    const { feature, function: called } = comparison;
    const title = called === null ? undefined : functionWords[called];
    if (feature === null || title === undefined) continue;
    const spec = policy.features.find(({ name }) => name === feature)?.spec;
    rows.push({
      name: `${title}: ${names.get(feature) ?? feature}`,
      observed: comparison.left(values),
      normal_p50: 0,
      normal_p99: null,
      threshold: comparison.right(values),
      ratio: null,
      window_ms: spec?.spanMs ?? null,
      samples: null,
      trust: null,
    });
  }
  return rows;
}

/** The operator that most hostile requests of the last ten seconds came through, where a data set knows it. */
export function proxyOperator(
  { scope }: WatchedScope,
  pane: number,
): { readonly operator: string; readonly share: number } | null {
  const operators = new Map<string, number>();
  let total = 0;
  for (const { sample, weight } of samplesOf(scope, pane, 10, (flags) => (flags & flag.hostile) !== 0)) {
    total += weight;
    const operator = sample.attributes[traitIndex.proxy_operator] ?? null;
    if (operator !== null) operators.set(operator, (operators.get(operator) ?? 0) + weight);
  }
  const [first] = [...operators].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return first === undefined ? null : { operator: first[0], share: first[1] / total };
}
