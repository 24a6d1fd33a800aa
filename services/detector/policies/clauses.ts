import { type ASTNode, Environment, serialize } from '@marcbachmann/cel-js';
import { rewriteCondition } from './condition.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** One comparison of a condition: `excess(failing) >= 15`. */
export interface Comparison {
  /** As written. */
  readonly text: string;
  /** The feature on its left side, alone or inside one function; null: something else. */
  readonly feature: string | null;
  /** `excess`, `surprise`; null: the feature itself, or no feature. */
  readonly function: string | null;
  readonly op: '>' | '>=' | '<' | '<=' | '==' | '!=' | 'test';
  /** Figures of both sides; null: unknown, or no figure. */
  left(values: object): number | null;
  right(values: object): number | null;
  /** Whether it holds; unknown does not. */
  holds(values: object): boolean;
}

/** One way for a condition to hold: all of these do. */
export type Clause = readonly Comparison[];

interface Node {
  readonly op: string;
  readonly args: unknown;
}
const textOf = (node: Node): string => serialize(node as unknown as ASTNode);
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

/** A condition with more ways than this is shown by its first ones. */
const mostClauses = 24;
const ordered = new Set(['>', '>=', '<', '<=', '==', '!=']);

/** The ways in which a condition can hold, in the order of the text; none when the text is not CEL. */
export function clausesOf(text: string): readonly Clause[] {
  let ast: Node;
  try {
    ast = environment.parse(text).ast as unknown as Node;
  } catch {
    return [];
  }
  const ways = (node: Node): readonly Clause[] => {
    const args = node.args as readonly Node[];
    if (node.op === '||') return args.flatMap(ways).slice(0, mostClauses);
    if (node.op === '&&')
      return args
        .map(ways)
        .reduce<readonly Clause[]>(
          (all, more) => all.flatMap((one) => more.map((other) => [...one, ...other])).slice(0, mostClauses),
          [[]],
        );
    return [[comparisonOf(node)]];
  };
  return ways(ast);
}

function comparisonOf(node: Node): Comparison {
  // a negation, a name and a literal have no list of parts
  const [left, right]: readonly unknown[] = Array.isArray(node.args) ? node.args : [];
  const shown = textOf(node);
  const whole = evaluator(shown);
  const holds = (values: object): boolean => whole(values) === true;
  if (!ordered.has(node.op) || !isNode(left) || !isNode(right))
    return {
      text: shown,
      feature: null,
      function: null,
      op: 'test',
      left: () => null,
      right: () => null,
      holds,
    };
  const figure = (side: Node) => {
    const evaluate = evaluator(textOf(side));
    return (values: object): number | null => {
      const value = evaluate(values);
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
    };
  };
  const named = left.op === 'id' ? (left.args as string) : null;
  const [called, inside] = left.op === 'call' ? (left.args as [string, readonly Node[]]) : [null, []];
  const argument = inside.length === 1 && inside[0]!.op === 'id' ? (inside[0]!.args as string) : null;
  return {
    text: shown,
    feature: named ?? argument,
    function: argument === null ? null : called,
    op: node.op as Comparison['op'],
    left: figure(left),
    right: figure(right),
    holds,
  };
}

/** undefined: CEL's error value, something it needs is unknown. */
function evaluator(text: string): (values: object) => unknown {
  const evaluate = environment.parse(rewriteCondition(text));
  return (values) => {
    try {
      return evaluate(values as Record<string, unknown>);
    } catch {
      return undefined;
    }
  };
}

/** How far a comparison is from holding, 0 to 1: 0.4 when 40 of the 100 that it takes are there. */
export function nearness(comparison: Comparison, values: object): number {
  if (comparison.holds(values)) return 1;
  const left = comparison.left(values);
  const right = comparison.right(values);
  if (left === null || right === null) return 0;
  const share = comparison.op === '<' || comparison.op === '<=' ? right / left : left / right;
  return Number.isFinite(share) ? Math.min(0.999, Math.max(0, share)) : 0;
}

/** The way that holds, else the one that comes nearest: its worst comparison counts. */
export function nearestClause(
  clauses: readonly Clause[],
  values: object,
): { readonly clause: Clause; readonly nearness: number } | null {
  let best: { readonly clause: Clause; readonly nearness: number } | null = null;
  for (const clause of clauses) {
    const worst = Math.min(1, ...clause.map((comparison) => nearness(comparison, values)));
    if (best === null || worst > best.nearness) best = { clause, nearness: worst };
  }
  return best;
}

/** The threshold that a clause sets for a feature itself: the strictest one, null when it sets none. */
export function thresholdOf(clause: Clause, feature: string, values: object): number | null {
  const limits = clause
    .filter((one) => one.feature === feature && one.function === null && (one.op === '>' || one.op === '>='))
    .map((one) => one.right(values))
    .filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.max(...limits);
}
