import { connect } from 'node:net';
import { EdgeError } from '../edge.ts';

/**
 * HAProxy's runtime API: one line of commands a connection, text in return. There is no status: whatever an `add`, `set`
 * or `del` answers is what is wrong.
 */
export interface HaproxyCli {
  /** Runs a line (commands apart by `;`, or one with a payload) and answers what HAProxy says. Throws EdgeError. */
  run(line: string, signal: AbortSignal): Promise<string>;
  /** Runs commands that say nothing when all is well. Throws EdgeError `rejected` with what they said. */
  change(line: string, signal: AbortSignal): Promise<void>;
}

/** Lines above HAProxy's buffer (16 KiB) are dropped without a word. */
export const longestLine = 8000;

/** `where`: path of a Unix socket, or `host:port`. */
export function createHaproxyCli(where: string, timeoutMs: number): HaproxyCli {
  const at = /^(?:\[([0-9a-fA-F:]+)\]|([^/:]+)):(\d+)$/.exec(where);
  const address = at === null ? { path: where } : { host: at[1] ?? at[2]!, port: Number(at[3]) };

  const run = (line: string, signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(address);
      const chunks: Buffer[] = [];
      const fail = (fault: 'unavailable' | 'credential', message: string, cause?: unknown): void => {
        socket.destroy();
        reject(new EdgeError(fault, `HAProxy's runtime API at ${where}: ${message}`, { cause }));
      };
      const abort = (): void => fail('unavailable', 'stopping');
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      socket.setTimeout(timeoutMs, () => fail('unavailable', `no answer within ${timeoutMs} ms`));
      // HAProxy answers and closes; an end from this side would make it stop reading what is still to come.
      socket.on('connect', () => socket.write(`${line}\n`));
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', (error: NodeJS.ErrnoException) =>
        fail(error.code === 'EACCES' ? 'credential' : 'unavailable', error.message, error),
      );
      socket.on('end', () => {
        socket.end();
        const text = Buffer.concat(chunks).toString('latin1');
        if (/^Permission denied/m.test(text)) fail('credential', 'the socket needs `level admin`');
        else resolve(text);
      });
      socket.on('close', () => signal.removeEventListener('abort', abort));
    });

  return {
    run,
    async change(line, signal) {
      const said = (await run(line, signal)).trim();
      if (said !== '')
        throw new EdgeError('rejected', `HAProxy: ${said.replaceAll(/\s*\n\s*/g, '; ').slice(0, 500)}`);
    },
  };
}

export interface HaproxyProcess {
  /** Changes with every process: maps of a new one are what its files said. */
  readonly id: string;
  readonly maps: readonly HaproxyMapState[];
}
export interface HaproxyMapState {
  readonly path: string;
  /** Committed version and number of entries: who else changed the map shows in one of them. */
  readonly state: string;
}

/** Which process answers, and how its maps stand. */
export async function readProcess(cli: HaproxyCli, signal: AbortSignal): Promise<HaproxyProcess> {
  const text = await cli.run('show info; show map', signal);
  const info = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const maps = [...text.matchAll(/^-?\d+ \((.*?)\) .*curr_ver=(\d+) next_ver=\d+ entry_cnt=(\d+)/gm)].map(
    ([, path, version, count]) => ({ path: path!, state: `${version} ${count}` }),
  );
  return { id: `${info('Pid')} ${info('Start_time_sec')}`, maps };
}

/** What a map holds, key by key; of a key that is there twice the first counts, as in HAProxy. */
export async function readMap(
  cli: HaproxyCli,
  path: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const text = await cli.run(`show map ${path}`, signal);
  const entries = new Map<string, string>();
  for (const line of text.split('\n')) {
    const afterId = line.indexOf(' ') + 1;
    const blank = line.indexOf(' ', afterId);
    if (!line.startsWith('0x') || blank < 0) continue;
    const key = line.slice(afterId, blank);
    if (!entries.has(key)) entries.set(key, line.slice(blank + 1));
  }
  return entries;
}

/** Puts other content into a map, all at once: requests see the old or the new. */
export async function replaceMap(
  cli: HaproxyCli,
  path: string,
  content: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const said = await cli.run(`prepare map ${path}`, signal);
  const version = /New version created: (\d+)/.exec(said)?.[1];
  if (version === undefined) throw new EdgeError('rejected', `HAProxy: ${said.trim().slice(0, 200)}`);
  const head = `add map @${version} ${path} <<\n`;
  for (const lines of chunked(
    [...content].map(([key, value]) => `${key} ${value}`),
    '\n',
    longestLine,
  ))
    await cli.change(`${head}${lines}\n`, signal);
  await cli.change(`commit map @${version} ${path}`, signal);
}

export interface MapChange {
  readonly op: 'add' | 'set' | 'del';
  readonly key: string;
  readonly value: string;
}

/** Single changes to a map whose keys and values hold nothing that means something to the command line. */
export async function changeMap(
  cli: HaproxyCli,
  path: string,
  changes: readonly MapChange[],
  signal: AbortSignal,
): Promise<void> {
  const commands = changes.map(({ op, key, value }) =>
    op === 'del' ? `del map ${path} ${key}` : `${op} map ${path} ${key} ${value}`,
  );
  for (const line of chunked(commands, ';', longestLine)) await cli.change(line, signal);
}

function* chunked(parts: readonly string[], separator: string, longest: number): Generator<string> {
  let chunk: string[] = [];
  let length = 0;
  for (const part of parts) {
    if (chunk.length > 0 && length + part.length + 1 > longest) {
      yield chunk.join(separator);
      chunk = [];
      length = 0;
    }
    chunk.push(part);
    length += part.length + 1;
  }
  if (chunk.length > 0) yield chunk.join(separator);
}
