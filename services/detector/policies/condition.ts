import { Environment } from '@marcbachmann/cel-js';

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** Values a condition sees. null: unknown; a comparison with it decides nothing, and the condition is false. */
export interface ConditionValues {
  readonly [name: string]: unknown;
}

export type Condition = (values: ConditionValues) => boolean;

/**
 * Numbers in CEL are typed and features are doubles: whole literals become doubles, and normal(f), excess(f),
 * surprise(f) become field accesses. Strings are left alone.
 */
function rewrite(text: string): string {
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

/** Compiles once; throws with CEL's own message when the text is not CEL. */
export function compileCondition(text: string): Condition {
  const evaluate = environment.parse(rewrite(text));
  return (values) => {
    try {
      return evaluate(values as Record<string, unknown>) === true;
    } catch {
      // CEL's error value: a figure it needs is unknown
      return false;
    }
  };
}

/** Names of features that the text speaks of. */
export function namesIn(text: string): string[] {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  return [...bare.matchAll(/(?<![\w.])[a-z][a-z0-9_]*(?!\w)/g)].map((match) => match[0]);
}
