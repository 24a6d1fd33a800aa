// npm test: sets itself up and runs every test; the closing line is the count. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { checkNode, ensureBuild, ensureDependencies, root } from './setup.js';
import { reportFile } from './test-report.js';

checkNode();
console.log(`dependencies: ${ensureDependencies()}`);
console.log(`build: ${ensureBuild()}`);
rmSync(reportFile, { force: true });
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const reporter = join(root, 'scripts', 'test-report.js');
const result = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', `--reporter=${reporter}`, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
let report;
try {
  report = JSON.parse(readFileSync(reportFile, 'utf8'));
} catch {
  console.error('vitest wrote no report');
  process.exit(1);
}
const { passed, skipped, failures } = report;
// Last of all, where a long log is read first: what failed, and the head of why.
for (const { what, why } of failures) {
  const head = stripVTControlCharacters(why)
    .split('\n')
    .filter((line) => !line.includes('node_modules'))
    .slice(0, 12);
  console.log(`failed: ${what}\n    ${head.join('\n    ')}`);
}
const isIncomplete = process.env.CI === 'true' && skipped > 0;
if (isIncomplete) console.error(`CI: ${skipped} skipped, and nothing may be`);
console.log(`${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failures.length > 0 || passed === 0 || isIncomplete ? 1 : (result.status ?? 1));
