// What a fresh clone needs before anything runs: dependencies and dist/. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

/** Refuses an unsupported Node with one clear line. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`tidegate needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** `npm ci` when node_modules does not match package-lock.json. Answers a line for people. */
export function ensureDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const marker = join(root, 'node_modules', '.tidegate-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return 'node_modules is current';
  const folder = join(root, 'node_modules');
  // npm ci would empty the folder that a link leads to, which belongs to another clone
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(folder);
  const started = Date.now();
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const result = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (result.status !== 0) {
    console.error(`npm ci failed:\n${result.stdout}${result.stderr}`);
    process.exit(1);
  }
  writeFileSync(marker, lock);
  const count =
    Object.keys(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages).length - 1;
  return `npm ci, ${count} packages in the lock file, ${seconds(started)} (cached next time)`;
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (entry.name.endsWith('.ts')) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

/** Runs a tool of node_modules; ends the process with what it said when it fails. */
function runTool(path, ...args) {
  const result = spawnSync(process.execPath, [join(root, 'node_modules', path), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (result.status === 0) return;
  console.error(`build failed:\n${result.stdout}${result.stderr}`);
  process.exit(1);
}

/** Compiles to dist/, and the command line into few files in dist/bin, when a source is newer. Answers a line for people. */
export function ensureBuild() {
  const marker = join(root, 'dist', '.built');
  const sources = Math.max(...['lib', 'services', 'cli'].map((folder) => newest(join(root, folder))));
  if (existsSync(marker) && statSync(marker).mtimeMs > sources) return 'dist/ is current';
  const started = Date.now();
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  runTool('typescript/bin/tsc', '-p', 'tsconfig.build.json');
  runTool('rolldown/bin/cli.mjs', '-c', 'scripts/rolldown.config.js');
  writeFileSync(marker, '');
  return `dist/, ${seconds(started)}`;
}
