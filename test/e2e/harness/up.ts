import { startTidegate, type TidegateProcess } from './tidegate.ts';

/** `tidegate up` with the addresses it printed. */
export interface RunningUp {
  readonly process: TidegateProcess;
  /** Empty where the configuration turns HTTP off. */
  readonly eventsUrl: string;
  readonly decisionsUrl: string;
  readonly consoleUrl: string;
  readonly opsUrl: string;
}

export async function startUp(
  config: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningUp> {
  const process = startTidegate(['--config', config, 'up', ...args], { name: 'tidegate up', env });
  const address = async (subject: string): Promise<string> =>
    (await process.line(new RegExp(`${subject}\\s+(http://\\S+)`)))[1]!;
  // The console comes last: by then the other lines are there.
  const consoleUrl = await address('console');
  return {
    process,
    consoleUrl,
    eventsUrl: (await process.line(/✓ collector\s+(http:\S+)?/))[1] ?? '',
    decisionsUrl: await address('decisions'),
    opsUrl: (await address('ops')).replace(/\/metrics$/, ''),
  };
}

/** Sections of a configuration in which nothing has a fixed port. */
export const anyPorts = {
  ops: { port: 0 },
  console: { port: 0 },
} as const;
