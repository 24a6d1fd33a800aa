import { Environment } from '@marcbachmann/cel-js';
import { compiledCondition, fieldsOfValues, type Names } from './compiled-condition.ts';
import { type TypeOf, typeProblems } from './condition-types.ts';
import { builtins, functions, type Member, variables } from './vocabulary.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** Values a condition sees. null: unknown; a comparison with it decides nothing, and the condition is false. */
export interface ConditionValues {
  readonly [name: string]: unknown;
}

export type Condition = (values: ConditionValues) => boolean;

/** Something wrong in the text of a condition, at a character of it. */
export interface ConditionProblem {
  readonly at: number;
  readonly message: string;
}

/** What a condition may speak of. */
export interface Vocabulary {
  /** Features by name; true: a ratio. */
  readonly features: ReadonlyMap<string, boolean>;
  /** Where it is asked: `match` sees one endpoint; `others` are networks and accounts. */
  readonly in: 'match' | 'groups' | 'clients' | 'others';
}

/**
 * Numbers in CEL are typed and features are doubles: whole literals become doubles, and normal(f), excess(f),
 * surprise(f) become field accesses. Strings are left alone.
 */
export function rewriteCondition(text: string): string {
  return text.replace(
    /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\b(normal|excess|surprise)\(\s*([a-z][a-z0-9_]*)\s*\)|(?<![\w.])(\d+)(?![\w.])/g,
    (
      whole,
      quoted: string | undefined,
      call: string | undefined,
      name: string,
      digits: string | undefined,
    ) => {
      if (quoted !== undefined) return whole;
      if (call !== undefined) return `${call}.${name}`;
      return digits === undefined ? whole : `${digits}.0`;
    },
  );
}

/**
 * A condition that finds its figures through `names`, and says with `values` what they are when CEL itself has to be
 * asked. Throws with CEL's own message when the text is not CEL.
 */
export function boundCondition<Asked>(
  text: string,
  names: Names<Asked>,
  values: (asked: Asked) => ConditionValues,
): (asked: Asked) => boolean {
  const evaluate = environment.parse(rewriteCondition(text));
  const holds = compiledCondition(evaluate.ast as unknown as Node, names);
  return (asked) => {
    const answer = holds(asked);
    if (answer !== null) return answer;
    try {
      return evaluate(values(asked) as Record<string, unknown>) === true;
    } catch {
      // CEL's error value: a figure it needs is unknown
      return false;
    }
  };
}

/** Compiles once; throws with CEL's own message when the text is not CEL. */
export function compileCondition(text: string): Condition {
  return boundCondition(text, fieldsOfValues, (values) => values);
}

interface Node {
  readonly op: string;
  readonly args: unknown;
  readonly pos: number;
  readonly start: number;
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

/** The syntax tree; null and one problem when the text is not CEL. */
function parse(text: string): { readonly ast: Node | null; readonly problems: ConditionProblem[] } {
  try {
    return { ast: environment.parse(text).ast as unknown as Node, problems: [] };
  } catch (error) {
    const { summary, message, range } = error as Error & { summary?: string; range?: { start: number } };
    return {
      ast: null,
      problems: [{ at: range?.start ?? 0, message: summary ?? message.split('\n')[0]! }],
    };
  }
}

/** Names of features and variables that the text reads; none when it is not CEL. */
export function namesIn(text: string): string[] {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) for (const part of node) walk(part);
    if (!isNode(node)) return;
    if (node.op === 'id') names.add(node.args as string);
    else walk(node.args);
  };
  walk(parse(text).ast);
  return [...names];
}

const list = (names: Iterable<string>): string => [...names].join(', ') || 'none';

/** Everything wrong with a condition: its grammar, names, functions and fields that do not exist, then what can not be compared. */
export function conditionProblems(text: string, vocabulary: Vocabulary): ConditionProblem[] {
  const { ast, problems } = parse(text);
  const problem = (at: number, message: string): void => {
    problems.push({ at, message });
  };
  const known = (name: string): boolean => {
    const variable = variables[name];
    return (
      vocabulary.features.has(name) ||
      (variable !== undefined &&
        ((variable.in === 'endpoints' && (vocabulary.in === 'match' || vocabulary.in === 'groups')) ||
          variable.in === vocabulary.in))
    );
  };
  /** Fields of a node that has some; undefined: it is a figure or unknown. */
  const membersOf = (node: unknown): { readonly [name: string]: Member } | null | undefined => {
    if (!isNode(node)) return undefined;
    if (node.op === 'id')
      return known(node.args as string) ? variables[node.args as string]?.members : undefined;
    if (node.op === 'call') return functions[(node.args as [string])[0]]?.members;
    return undefined;
  };
  const memberOf = (node: unknown): Member | undefined => {
    if (!isNode(node) || node.op !== '.') return undefined;
    const [of, name] = node.args as [unknown, string];
    return membersOf(of)?.[name];
  };
  const call = (node: Node, name: string, args: readonly unknown[]): void => {
    const fn = functions[name];
    if (fn === undefined) {
      if (!builtins.has(name))
        problem(node.start, `no function is called ${name} (there are ${list(Object.keys(functions))})`);
      walk(args);
      return;
    }
    const [feature] = args;
    if (args.length !== 1 || !isNode(feature) || feature.op !== 'id')
      problem(node.start, `${name}() takes the name of a feature`);
    else if (!vocabulary.features.has(feature.args as string))
      problem(feature.start, `no feature is called ${JSON.stringify(feature.args)}`);
    else if (fn.of === 'ratio features' && vocabulary.features.get(feature.args as string) !== true)
      problem(feature.start, `${name}() is defined for ratio features only`);
  };
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) for (const part of node) walk(part);
    if (!isNode(node)) return;
    const args = node.args as readonly unknown[];
    switch (node.op) {
      case 'id':
        if (!known(node.args as string))
          problem(
            node.start,
            variables[node.args as string] === undefined
              ? `no feature is called ${JSON.stringify(node.args)}`
              : `${node.args as string} is not known here`,
          );
        return;
      case '.': {
        const members = membersOf(args[0]);
        if (members !== undefined && members?.[args[1] as string] === undefined)
          problem(
            node.pos,
            `there is no field ${JSON.stringify(args[1])} here (${list(Object.keys(members ?? {}))})`,
          );
        walk(args[0]);
        return;
      }
      case 'call':
        call(node, args[0] as string, args[1] as readonly unknown[]);
        return;
      case '==':
      case '!=':
        for (const [one, other] of [
          [args[0], args[1]],
          [args[1], args[0]],
        ]) {
          const values = memberOf(one)?.values;
          if (
            values === undefined ||
            !isNode(other) ||
            other.op !== 'value' ||
            typeof other.args !== 'string'
          )
            continue;
          if (!values.includes(other.args))
            problem(other.start, `never ${JSON.stringify(other.args)} (${list(values)})`);
        }
    }
    walk(args);
  };
  /** A figure is a number, unless it is a variable with fields. */
  const typeOf: TypeOf = (node) => {
    if (node.op === '.') return memberOf(node)?.type;
    const name = node.args as string;
    if (!known(name)) return undefined;
    return vocabulary.features.has(name) || variables[name]?.members === null ? 'number' : undefined;
  };
  walk(ast);
  if (problems.length === 0) problems.push(...typeProblems(ast, typeOf));
  return problems;
}
