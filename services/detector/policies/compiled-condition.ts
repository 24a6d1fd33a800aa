/** A node of the syntax tree of CEL. */
export interface ConditionNode {
  readonly op: string;
  readonly args: unknown;
}

type Values = { readonly [name: string]: unknown };
/** undefined: CEL's error value, for an unknown figure. */
type Value = number | string | boolean | null | undefined;
type Read = (values: Values) => unknown;

/** Met something that CEL itself has to judge. */
const unsure = new Error('left to CEL');

/**
 * What conditions are mostly made of (comparisons of figures, joined by and, or, not) as functions, for conditions are
 * asked of every scope and account every second. Answers whether the condition holds, or null when CEL itself has to
 * be asked: for all that is not compiled here. A part that is joined by "and" and does not hold decides alone.
 */
export function compiledCondition(condition: ConditionNode): (values: Values) => boolean | null {
  const parts = conjuncts(condition).map(truthOf);
  const compiled = parts.filter((part): part is Read => part !== null);
  const whole = compiled.length === parts.length;
  return (values) => {
    try {
      for (let index = 0; index < compiled.length; index++)
        if (compiled[index]!(values) !== true) return false;
      return whole ? true : null;
    } catch {
      return null;
    }
  };
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
function compile(node: ConditionNode): Read | null {
  switch (node.op) {
    case 'value': {
      const value = node.args;
      return kindOf(node) === 'other' ? null : () => value;
    }
    case 'id': {
      const name = node.args as string;
      return (values) => values[name];
    }
    case '.': {
      const [object, name] = node.args as [ConditionNode, string];
      const of = compile(object);
      return of === null ? null : (values) => memberOf(of(values), name);
    }
    case '!_': {
      const of = truthOf(node.args as ConditionNode);
      if (of === null) return null;
      return (values) => {
        const value = of(values);
        return typeof value === 'boolean' ? !value : undefined;
      };
    }
    case '&&':
    case '||':
      return joined(node, node.op === '||');
    default:
      return binary(node);
  }
}

/** A node that can be true or false. */
function truthOf(node: ConditionNode): Read | null {
  return mayBe('boolean', node) ? compile(node) : null;
}

function memberOf(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  return Object.hasOwn(object, name) ? (object as Values)[name] : undefined;
}

/** `decisive`: the value of one side that decides, whatever the other is. */
function joined(node: ConditionNode, decisive: boolean): Read | null {
  const [left, right] = (node.args as ConditionNode[]).map(truthOf);
  if (left == null || right == null) return null;
  return (values) => {
    const a = left(values);
    if (a === decisive) return decisive;
    const b = right(values);
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

function binary({ op, args }: ConditionNode): Read | null {
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
  return (values) => {
    const a = plain(left(values));
    const b = plain(right(values));
    if (a === undefined || b === undefined) return undefined;
    if (numeric === undefined) return (a === b) === (op === '==');
    if (typeof a === 'number' && typeof b === 'number') return numeric(a, b);
    // of an unknown figure and a number CEL makes an error; of two texts, say, it may make something else
    if (typeof a === typeof b) throw unsure;
    return undefined;
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
