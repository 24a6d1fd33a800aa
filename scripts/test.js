// npm test: sets itself up and runs every test; the closing line is the count. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { checkNode, ensureBuild, ensureDependencies, root } from './setup.js';

checkNode();
console.log(`dependencies: ${ensureDependencies()}`);
console.log(`build: ${ensureBuild()}`);
const report = join(root, '.tidegate', 'test-report.json');
mkdirSync(join(root, '.tidegate'), { recursive: true });
rmSync(report, { force: true });
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const result = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
let counts;
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('vitest wrote no report');
  process.exit(1);
}
const skipped = counts.numPendingTests + (counts.numTodoTests ?? 0);
// A file that fails to load has no tests of its own but is a failure all the same.
const brokenFiles = counts.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
const failed = counts.numFailedTests + brokenFiles;
// Last of all, where a long log is read first: what failed, and the head of why.
for (const { name, status, message, assertionResults } of counts.testResults) {
  const file = relative(root, name);
  const why = (text) =>
    stripVTControlCharacters(text ?? '')
      .split('\n')
      .filter((line) => !line.includes('node_modules'))
      .slice(0, 12)
      .join('\n    ');
  if (status === 'failed' && assertionResults.length === 0)
    console.log(`failed: ${file}\n    ${why(message)}`);
  for (const test of assertionResults)
    if (test.status === 'failed')
      console.log(`failed: ${file}: ${test.fullName}\n    ${why(test.failureMessages?.[0])}`);
}
if (process.env.CI === 'true' && skipped > 0) console.error(`CI: ${skipped} skipped, and nothing may be`);
console.log(`${counts.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(
  failed > 0 || counts.numPassedTests === 0 || (process.env.CI === 'true' && skipped > 0)
    ? 1
    : (result.status ?? 1),
);
