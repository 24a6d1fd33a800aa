import type { Member } from './vocabulary.ts';

/** A node of the syntax tree of CEL; `start`: its first character. */
export interface TypedNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
}

type Type = Member['type'];

/** What of an expression is known before it has values; undefined: anything, or what cannot be told. */
export type TypeOf = (node: TypedNode) => Type | undefined;

const comparisons: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);
const equalities: ReadonlySet<string> = new Set(['==', '!=']);
const sums: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);

const results: { readonly [name: string]: Type } = {
  size: 'number',
  int: 'number',
  double: 'number',
  string: 'text',
  bool: 'yes/no',
  excess: 'number',
  surprise: 'number',
  startsWith: 'yes/no',
  endsWith: 'yes/no',
  contains: 'yes/no',
  matches: 'yes/no',
};

const words: { readonly [T in Type]: string } = {
  number: 'a number',
  text: 'a text',
  'yes/no': 'a yes or no',
};

const isNode = (value: unknown): value is TypedNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

/**
 * What in a condition can not be decided whatever the figures are, so that CEL would call it an error, and the condition
 * never hold: a number held against a text, a text where yes or no is needed, sums of texts and numbers. `named`: the
 * types of names and of fields of them. The whole has to be a yes or no.
 */
export function typeProblems(
  condition: unknown,
  named: TypeOf,
): { readonly at: number; readonly message: string }[] {
  const problems: { at: number; message: string }[] = [];
  const problem = ({ start }: TypedNode, message: string): void => {
    problems.push({ at: start, message });
  };
  const decides = (node: TypedNode, type: Type | undefined): void => {
    if (type !== undefined && type !== 'yes/no')
      problem(node, `is ${words[type]}, where a yes or no is needed`);
  };
  const pair = (node: TypedNode): Type | undefined => {
    const [left, right] = node.args as [TypedNode, TypedNode];
    const [one, other] = [check(left), check(right)];
    const known = one !== undefined && other !== undefined;
    if (node.op === '&&' || node.op === '||') {
      decides(left, one);
      decides(right, other);
      return 'yes/no';
    }
    if (known && one !== other) {
      const how = sums.has(node.op) ? 'together with' : 'held against';
      problem(right, `is ${words[other]}, ${how} ${words[one]}`);
    }
    if (!sums.has(node.op)) return 'yes/no';
    return one === other ? one : undefined;
  };
  const check = (node: TypedNode): Type | undefined => {
    const { op, args } = node;
    if (op === 'value') {
      if (typeof args === 'string') return 'text';
      if (typeof args === 'boolean') return 'yes/no';
      return typeof args === 'number' || typeof args === 'bigint' ? 'number' : undefined;
    }
    if (op === 'id' || op === '.') return named(node);
    if (op === '!_') {
      decides(args as TypedNode, check(args as TypedNode));
      return 'yes/no';
    }
    if (op === '-_') return check(args as TypedNode) === 'number' ? 'number' : undefined;
    if (op === '&&' || op === '||' || comparisons.has(op) || equalities.has(op) || sums.has(op))
      return pair(node);
    if (op === '?:') {
      const [asked, yes, no] = args as [TypedNode, TypedNode, TypedNode];
      decides(asked, check(asked));
      const [one, other] = [check(yes), check(no)];
      return one === other ? one : undefined;
    }
    if (op === 'in') return 'yes/no';
    if (op === 'call' || op === 'rcall') {
      // what a macro names itself (`x` of exists) has no type, so its body is left alone
      const [name] = args as [string];
      return Object.hasOwn(results, name) ? results[name] : undefined;
    }
    return undefined;
  };
  if (isNode(condition)) decides(condition, check(condition));
  return problems;
}
