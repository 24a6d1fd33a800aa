// npm run demo: sets itself up, then runs `tidegate demo` with the arguments given.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { checkNode, ensureBuild, ensureDependencies, root } from './setup.js';

checkNode();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
console.log(
  `Tidegate ${version} · node ${process.versions.node} · ${cpus().length} cores · ${Math.round(totalmem() / 2 ** 30)} GiB\n`,
);
console.log(` ✓ dependencies   ${ensureDependencies()}`);
console.log(` ✓ build          ${ensureBuild()}`);
// there from the build on
const { builtCommand } = await import('../dist/lib/built-command.js');
const child = spawn(process.execPath, [...builtCommand(), 'demo', '--no-banner', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
