/** A node of the syntax tree of CEL. */
export interface ConditionNode {
  readonly op: string;
  readonly args: unknown;
}

/** undefined: CEL's error value, for an unknown figure. */
type Value = number | string | boolean | null | undefined;
/** Reads a value from what the condition is asked of. */
export type Read<Asked> = (asked: Asked) => unknown;
/** How the value of a name, or of a field of it (`normal.rate.p50`), is read; null: CEL has to be asked. */
export type Names<Asked> = (path: readonly string[]) => Read<Asked> | null;

/** Met something that CEL itself has to judge. */
const unsure = new Error('left to CEL');

/**
 * What conditions are mostly made of (comparisons of figures, joined by and, or, not) as functions, for conditions are
 * asked of every scope and account every second. Answers whether the condition holds, or null when CEL itself has to
 * be asked: for all that is not compiled here. A part that is joined by "and" and does not hold decides alone.
 */
export function compiledCondition<Asked>(
  condition: ConditionNode,
  names: Names<Asked>,
): (asked: Asked) => boolean | null {
  const compile = compiler(names);
  const parts = conjuncts(condition).map((part) => truthOf(part, compile));
  const compiled = parts.filter((part): part is Read<Asked> => part !== null);
  const whole = compiled.length === parts.length;
  return (asked) => {
    try {
      for (let index = 0; index < compiled.length; index++)
        if (compiled[index]!(asked) !== true) return false;
      return whole ? true : null;
    } catch {
      return null;
    }
  };
}

/** Names as fields of an object, and of objects in it. */
export const fieldsOfValues: Names<{ readonly [name: string]: unknown }> = ([name, ...fields]) => {
  let read: Read<{ readonly [name: string]: unknown }> = (values) => values[name!];
  for (const field of fields) {
    const of = read;
    read = (values) => fieldOf(of(values), field);
  }
  return read;
};

function fieldOf(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  return Object.hasOwn(object, name) ? (object as { readonly [name: string]: unknown })[name] : undefined;
}

/** `a.b.c` as [a, b, c]; null: it does not begin with a name. */
function pathOf({ op, args }: ConditionNode): readonly string[] | null {
  if (op === 'id') return [args as string];
  if (op !== '.') return null;
  const [object, name] = args as [ConditionNode, string];
  const path = pathOf(object);
  return path === null ? null : [...path, name];
}

function conjuncts(node: ConditionNode): ConditionNode[] {
  return node.op === '&&' ? (node.args as ConditionNode[]).flatMap(conjuncts) : [node];
}

/** What CEL knows of a node before it has values; of what it can refuse by that, it is asked. */
type Kind = 'any' | 'number' | 'boolean' | 'string' | 'null' | 'other';

function kindOf({ op, args }: ConditionNode): Kind {
  if (op === 'id' || op === '.') return 'any';
  if (op in sums) return 'number';
  if (op in comparisons || ['==', '!=', '&&', '||', '!_'].includes(op)) return 'boolean';
  if (op !== 'value') return 'other';
  if (args === null) return 'null';
  const type = typeof args;
  return type === 'number' || type === 'boolean' || type === 'string' ? type : 'other';
}

const mayBe = (kind: Kind, node: ConditionNode): boolean => kindOf(node) === kind || kindOf(node) === 'any';

/** null: CEL has to be asked. */
type Compile<Asked> = (node: ConditionNode) => Read<Asked> | null;

function compiler<Asked>(names: Names<Asked>): Compile<Asked> {
  const compile: Compile<Asked> = (node) => {
    switch (node.op) {
      case 'value': {
        const value = node.args;
        return kindOf(node) === 'other' ? null : () => value;
      }
      case 'id':
      case '.': {
        const path = pathOf(node);
        return path === null ? null : names(path);
      }
      case '!_': {
        const of = truthOf(node.args as ConditionNode, compile);
        if (of === null) return null;
        return (asked) => {
          const value = of(asked);
          return typeof value === 'boolean' ? !value : undefined;
        };
      }
      case '&&':
      case '||':
        return joined(node, node.op === '||', compile);
      default:
        return binary(node, compile);
    }
  };
  return compile;
}

/** A node that can be true or false. */
function truthOf<Asked>(node: ConditionNode, compile: Compile<Asked>): Read<Asked> | null {
  return mayBe('boolean', node) ? compile(node) : null;
}

/** `decisive`: the value of one side that decides, whatever the other is. */
function joined<Asked>(node: ConditionNode, decisive: boolean, compile: Compile<Asked>): Read<Asked> | null {
  const [left, right] = (node.args as ConditionNode[]).map((side) => truthOf(side, compile));
  if (left == null || right == null) return null;
  return (asked) => {
    const a = left(asked);
    if (a === decisive) return decisive;
    const b = right(asked);
    if (b === decisive) return decisive;
    return a === !decisive && b === !decisive ? !decisive : undefined;
  };
}

const comparisons: { readonly [op: string]: (a: number, b: number) => boolean } = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
const sums: { readonly [op: string]: (a: number, b: number) => number } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** Of an unknown figure and a number CEL makes an error; of two texts, say, it may make something else. */
function noNumbers(one: unknown, other: unknown): undefined {
  const a = plain(one);
  const b = plain(other);
  if (a !== undefined && b !== undefined && typeof a === typeof b) throw unsure;
  return undefined;
}

function binary<Asked>({ op, args }: ConditionNode, compile: Compile<Asked>): Read<Asked> | null {
  const numeric = comparisons[op] ?? sums[op];
  if (numeric === undefined && op !== '==' && op !== '!=') return null;
  const [one, other] = args as [ConditionNode, ConditionNode];
  const fit =
    numeric === undefined
      ? mayBe(kindOf(one), other) || kindOf(one) === 'any'
      : mayBe('number', one) && mayBe('number', other);
  if (!fit) return null;
  const [left, right] = [compile(one), compile(other)];
  if (left === null || right === null) return null;
  if (numeric !== undefined)
    return (asked) => {
      const a = left(asked);
      const b = right(asked);
      return typeof a === 'number' && typeof b === 'number' ? numeric(a, b) : noNumbers(a, b);
    };
  const equal = op === '==';
  return (asked) => {
    const a = plain(left(asked));
    const b = plain(right(asked));
    return a === undefined || b === undefined ? undefined : (a === b) === equal;
  };
}

function plain(value: unknown): Value {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    default:
      if (value === null) return null;
      throw unsure;
  }
}
