import { type ChildProcess, spawn } from 'node:child_process';
import { unpackedEnvironment } from './counterpart.ts';

/** A counterpart that runs as a child process. */
export interface RunningProcess {
  readonly child: ChildProcess;
  /** Everything it said so far, on both streams. */
  output(): string;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  /** SIGTERM, then SIGKILL after a while. Idempotent. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const patienceMs = 5000;
const keptOutput = 64 * 1024;

export function startProcess(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): RunningProcess {
  let output = '';
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...unpackedEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-keptOutput);
    });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', (error) => {
      output += String(error);
      resolve(null);
    });
  });
  return {
    child,
    output: () => output,
    exited,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
