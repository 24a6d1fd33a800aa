import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runPolicyTest } from '../cli/policies/run-policy-test.ts';
import { inPackage } from '../lib/package-root.ts';
import { compilePolicy } from '../services/detector/policies/load-policies.ts';

const page = readFileSync(inPackage('docs', 'howto', 'write-a-policy.md'), 'utf8');
const snippets = [...page.matchAll(/^```yaml policy=(\S+)\n([\s\S]*?)^```/gm)].map(
  ([, name, text]) => [name!, text!] as const,
);

test('the how-to shows a policy', () => {
  expect(snippets.length).toBeGreaterThan(0);
});

test.each(snippets)('%s of the how-to does what the page says', { timeout: 180_000 }, async (name, text) => {
  const policy = compilePolicy(name, text);
  for (const one of policy.document.tests)
    expect({ test: one.name, failures: (await runPolicyTest(policy, name, one)).failures }).toEqual({
      test: one.name,
      failures: [],
    });
});
