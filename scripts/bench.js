// npm run bench [-- NAME...]: builds, then runs each benchmark of test/bench/catalogue.ts in a process of its own and
// prints one JSON line per figure. Progress goes to stderr.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkNode, ensureBuild, ensureDependencies, root } from './setup.js';

checkNode();
console.error(`dependencies: ${ensureDependencies()}`);
console.error(`build: ${ensureBuild()}`);
const run = (args) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
if (run([tsc, '-p', 'tsconfig.bench.json']).status !== 0) process.exit(1);

const runner = join(root, '.tidegate', 'bench', 'build', 'test', 'bench', 'run.js');
const names = process.argv.slice(2);
if (names.length === 0) {
  const list = spawnSync(process.execPath, [runner, '--list'], { cwd: root, encoding: 'utf8' });
  names.push(...list.stdout.split('\n').filter((name) => name !== ''));
}
let failed = 0;
for (const name of names) if (run(['--expose-gc', runner, name]).status !== 0) failed++;
process.exit(failed > 0 ? 1 : 0);
