import { spawn } from 'node:child_process';
import { builtCommand } from '../../lib/built-command.ts';

/** Says at the end of a process, on file descriptor 3, what it cost. */
const meter = `data:text/javascript,${encodeURIComponent(
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, JSON.stringify(process.resourceUsage())));",
)}`;

export interface CliRun {
  readonly stdout: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Largest resident set, bytes. */
  readonly peakBytes: number;
}

/** Runs the built `tidegate` as a user does, with the cost of the whole process. Throws when it fails. */
export async function runCli(args: readonly string[]): Promise<CliRun> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', meter, ...builtCommand(), ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  let stdout = '';
  let usage = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stdio[3]!.on('data', (bytes: Buffer) => {
    usage += bytes.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`tidegate ${args.join(' ')}: exit ${code}`);
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(usage) as NodeJS.ResourceUsage;
  return {
    stdout,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakBytes: maxRSS * 1024,
  };
}
