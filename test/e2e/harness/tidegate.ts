import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { builtCommand } from '../../../lib/built-command.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { until, type Watched } from './until.ts';

/** What is installed: `bin` of package.json. */
const entry = inPackage('dist', 'bin', 'tidegate.js');
const keptLines = 60;

/** `npm test` builds first; whoever runs vitest alone is told when what runs is not what was written. */
function warnIfStale(): void {
  const built = statSync(entry).mtimeMs;
  for (const folder of ['lib', 'services', 'cli'])
    for (const name of readdirSync(inPackage(folder), { recursive: true, encoding: 'utf8' }))
      if (
        name.endsWith('.ts') &&
        !/\.test/.test(name) &&
        statSync(join(inPackage(folder), name)).mtimeMs > built
      ) {
        console.warn(`dist/ is older than ${folder}/${name}: npm run build`);
        return;
      }
}
if (existsSync(entry)) warnIfStale();

/** Processes that this test file started and that still run: none of them may outlive it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface TidegateProcess extends Watched {
  readonly pid: number;
  /** Waits for a line on stderr or stdout and answers its match. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  /** Everything written to stdout so far. */
  stdout(): string;
  /** Resolves with the exit code; a signal is 128. */
  readonly exited: Promise<number>;
  /** SIGTERM, then SIGKILL when it takes longer than `withinMs`. Answers the exit code. Idempotent. */
  stop(withinMs?: number): Promise<number>;
  /** SIGKILL: no handler runs. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Runs the built command line (`scripts/test.js` builds it before the tests). */
export function startTidegate(
  args: readonly string[],
  options: { readonly name?: string; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): TidegateProcess {
  if (!existsSync(entry)) throw new Error('dist/ is missing: run npm test, or npm run build');
  const name = options.name ?? `tidegate ${args[0] ?? ''}`;
  const child = spawn(process.execPath, [...builtCommand(), ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const lines: string[] = [];
  let stdout = '';
  const read = (stream: NodeJS.ReadableStream, each: (text: string) => void): void => {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      each(text);
      const parts = (rest + text).split('\n');
      rest = parts.pop()!;
      lines.push(...parts.map((part) => stripVTControlCharacters(part)));
      if (lines.length > 5000) lines.splice(0, lines.length - 4000);
    });
    stream.on('end', () => rest !== '' && lines.push(stripVTControlCharacters(rest)));
  };
  read(child.stdout, (text) => {
    stdout += text;
  });
  read(child.stderr, () => {});

  let how: string | null = null;
  const closed = once(child, 'close');
  const exited = once(child, 'exit').then(async ([code, signal]: unknown[]) => {
    running.delete(child);
    how = signal === null ? ` with code ${String(code)}` : ` by ${String(signal)}`;
    // what it wrote last is read, unless a process of its own that outlives it holds the pipe
    await Promise.race([closed, sleep(1000, undefined, { ref: false })]);
    return signal === null ? (code as number) : 128;
  });
  const self: TidegateProcess = {
    name,
    pid: child.pid ?? -1,
    exited,
    stdout: () => stdout,
    ended: () => how,
    tail: () => lines.slice(-keptLines).join('\n'),
    line: (pattern, withinMs = 150_000) =>
      until(
        `${name} prints ${pattern}`,
        () => {
          for (const line of lines) {
            const match = pattern.exec(line);
            if (match !== null) return match;
          }
          return null;
        },
        { withinMs, everyMs: 20, watch: [self] },
      ),
    stop: async (withinMs = 20_000) => {
      if (how !== null) return exited;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), withinMs);
      const code = await exited;
      clearTimeout(late);
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
  return self;
}

/** Runs a command to its end. */
export async function runTidegate(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly withinMs?: number } = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly tail: string }> {
  const started = startTidegate(args, options);
  const late = setTimeout(() => void started.kill(), options.withinMs ?? 60_000);
  const code = await started.exited;
  clearTimeout(late);
  return { code, stdout: started.stdout(), tail: started.tail() };
}

/** Ends whatever a test left running. For `afterAll`, so that a failed test leaves nothing behind either. */
export async function killLeftovers(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }),
  );
}
