import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A server process that ends with us, also when we are killed. */
export interface GuardedProcess {
  /** Resolves with a text for people when the process has ended, whatever the reason. */
  readonly exited: Promise<string>;
  readonly running: () => boolean;
  /** SIGTERM, then SIGKILL after a grace. Idempotent. */
  stop(): Promise<void>;
}

const graceSeconds = 8;
const tailLines = 12;

/**
 * The shell holds one end of a pipe whose other end is ours: when it closes, by `stop` or because this process is gone,
 * the shell ends the server. Its first argument is the grace in tenths of a second.
 */
export const guardScript = `
exec 3<&0
grace=$1; shift
"$@" </dev/null 3<&- &
server=$!
(
  cat <&3 >/dev/null
  kill -TERM "$server" 2>/dev/null
  while [ "$grace" -gt 0 ] && kill -0 "$server" 2>/dev/null; do grace=$((grace - 1)); sleep 0.1; done
  kill -KILL "$server" 2>/dev/null
) 3<&3 &
exec 3<&-
wait "$server"
`;

/** Starts `command` in a group of its own, so that Ctrl-C reaches us first; its output goes to `logFile`. */
export function startGuarded(options: {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}): GuardedProcess {
  const { name, command, logFile } = options;
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn('/bin/sh', ['-c', guardScript, 'guard', String(graceSeconds * 10), ...command], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  let running = true;
  const exited = new Promise<string>((resolve) => {
    const end = (reason: string): void => {
      running = false;
      child.stdin?.destroy();
      const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-tailLines).join('\n');
      resolve(`${name} ended (${reason})${tail === '' ? '' : `:\n${tail}`}`);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  });
  child.stdin?.on('error', () => {}); // the guard may be gone already
  return {
    exited,
    running: () => running,
    stop: async () => {
      child.stdin?.end();
      await exited;
    },
  };
}
