import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ConditionNode, compiledCondition, fieldsOfValues } from './compiled-condition.ts';
import { rewriteCondition } from './condition.ts';
import { loadPolicies } from './load-policies.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true });

function celHolds(evaluate: (values: Record<string, unknown>) => unknown, values: object): boolean {
  try {
    return evaluate(values as Record<string, unknown>) === true;
  } catch {
    return false;
  }
}

const names = ['a', 'b', 'c', 'd'];
const variable = fc.constantFrom(...names, 'endpoint.function', 'endpoint.documented', 'normal.a.p99', 'no');
const operand = fc.oneof(
  variable,
  fc.constantFrom('1.0', '2.5', '0.0', '"login"', 'true', 'false', 'null', '[1.0]'),
);
const figure = fc
  .tuple(operand, fc.constantFrom('+', '-', '*', '/'), operand)
  .map(([a, op, b]) => `(${a} ${op} ${b})`);
const comparison = fc
  .tuple(
    fc.oneof(operand, figure),
    fc.constantFrom('<', '<=', '>', '>=', '==', '!='),
    fc.oneof(operand, figure),
  )
  .map(([a, op, b]) => `${a} ${op} ${b}`);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    variable,
    tie('condition').map((of) => `!(${of})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a} ? ${b} : false)`),
  ),
}));
const value = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -3, max: 3 }) },
  fc.constantFrom(0, 1, 2.5, null, undefined, true, 'login', Infinity),
);
const values = fc
  .tuple(fc.tuple(value, value, value, value), value, fc.option(fc.record({ p99: value })))
  .map(([figures, documented, normal]) => ({
    ...Object.fromEntries(names.map((name, index) => [name, figures[index]])),
    endpoint: { function: 'login', documented },
    normal: normal === null ? {} : { a: normal },
  }));

test('a compiled condition holds exactly where CEL says so', () => {
  let decided = 0;
  fc.assert(
    fc.property(condition, fc.array(values, { minLength: 1, maxLength: 8 }), (text, all) => {
      let parsed: ReturnType<typeof environment.parse>;
      try {
        parsed = environment.parse(text);
      } catch {
        return; // types that can never fit are refused with the policy
      }
      const holds = compiledCondition(parsed.ast as unknown as ConditionNode, fieldsOfValues);
      for (const one of all) {
        const answer = holds(one);
        if (answer === null) continue;
        decided++;
        expect(answer, `${text} of ${JSON.stringify(one)}`).toBe(celHolds(parsed, one));
      }
    }),
    { numRuns: 2000 },
  );
  expect(decided).toBeGreaterThan(1000);
});

test('the conditions of the shipped policies are decided without CEL', () => {
  for (const { document } of loadPolicies('')) {
    const { ast } = environment.parse(rewriteCondition(document.condition));
    expect(compiledCondition(ast as unknown as ConditionNode, fieldsOfValues)({}), document.id).toBe(false);
    const ones = new Proxy({}, { get: () => 1 });
    expect(
      compiledCondition(ast as unknown as ConditionNode, fieldsOfValues)(ones),
      document.id,
    ).not.toBeNull();
  }
});
