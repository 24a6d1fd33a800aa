import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { actionKinds } from '../decider/actions.ts';
import { type Edge, type EdgeDependencies, EdgeError, type Observed } from '../edge.ts';
import { isAddress } from '../entry-name.ts';
import { commonEdgeFields, rulesField } from './edge-config.ts';
import { fileState, writeWhole } from './file-writer.ts';
import { exemptLine, readNginxConfig, renderRule } from './nginx-config.ts';
import { createNginxContent, type NginxContent } from './nginx-content.ts';
import { reloadNginx } from './nginx-process.ts';
import { checked, placed, placedAgain, placedEntries } from './placed-entry.ts';
import { otherExempt, proxyPools, valueKinds } from './proxy-edge.ts';

const commandField = z.array(z.string().min(1)).min(1);

/** An include file for nginx: addresses in a `geo` block, signatures as `map` blocks; tested before every reload. */
export const nginxConfig = z.strictObject({
  kind: z.literal('nginx'),
  ...commonEdgeFields,
  /** Included in the http block; docs/howto/edges.md has the server block that goes with it. */
  file: z.string().min(1).describe('The include file to write, for the http block'),
  test: commandField
    .default(['nginx', '-t'])
    .describe('Command that tests the whole configuration; no shell'),
  reload: commandField.default(['nginx', '-s', 'reload']).describe('Command that loads it; no shell'),
  pid_file: z
    .string()
    .min(1)
    .optional()
    .describe('Instead of reload: nginx is signalled, and seen to load it by its workers (Linux)'),
  timeout: durationField('10s').describe('Longest time a test or a reload may take'),
  capacity: z.int().positive().default(200_000).describe('Most addresses'),
  rules: rulesField(200),
  /** `country: $geoip2_country_code`, `ja4: $http_x_ja4`: empty must mean unknown. */
  variables: z
    .partialRecord(
      z.enum([...valueKinds, 'host', 'user_agent', 'browser', 'browser_version', 'platform']),
      z.string().regex(/^\$[a-z0-9_]+$/, { error: 'a variable name, such as $geoip2_country_code' }),
    )
    .default({})
    .describe('Variables of other modules that hold an attribute'),
  /** Without it a signature for everyone but the good is left out. */
  pass: z
    .strictObject({
      standing: z
        .string()
        .regex(/^\$[a-z0-9_]+$/, { error: 'a variable name, such as $tidegate_standing' })
        .default('$tidegate_standing')
        .describe('Variable with the words of a checked pass'),
    })
    .optional()
    .describe('Signed passes are checked there (docs/howto/passes.md); rules may spare whom they speak for'),
  actions: z
    .array(z.enum(['tag', 'rate_limit', 'challenge', 'block']))
    .min(1)
    .default(['block'])
    .describe('Actions that the server blocks carry out'),
});
type NginxConfig = z.output<typeof nginxConfig>;

export function createNginxEdge(config: NginxConfig, { name, now, exempt }: EdgeDependencies): Edge {
  const variables = {
    named: config.variables as { readonly [attribute: string]: string },
    standing: config.pass?.standing,
  };
  const { file, pid_file: pidFile } = config;
  /** Whether nginx is known to run what the file says; not after a start, a crash may have come in between. */
  let loaded = false;
  /** What the file held when we last read or wrote it; null: not known. */
  let held: {
    readonly pieces: readonly Uint8Array[];
    readonly content: NginxContent;
    readonly damaged: string | null;
  } | null = null;
  /** Of the file that we wrote last: whoever else writes it shows in it. */
  let writtenFile = '';

  const read = async (): Promise<Buffer | null> => {
    try {
      return await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw new EdgeError('unavailable', `cannot read ${file}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  const isAsWritten = async (): Promise<boolean> => writtenFile === (await fileState(file).catch(() => null));
  /** What is there; null: nothing. The very pieces that are held, where it is as we know it. */
  const readPieces = async (): Promise<readonly Uint8Array[] | null> => {
    if (held !== null && (await isAsWritten())) return held.pieces;
    const bytes = await read();
    if (bytes === null) return null;
    return held !== null && isMadeOf(bytes, held.pieces) ? held.pieces : [bytes];
  };
  const run = (command: readonly string[], signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const [program, ...args] = command;
      execFile(
        program!,
        args,
        { timeout: config.timeout, signal, maxBuffer: 1 << 20 },
        (error, _stdout, stderr) => {
          if (error === null) return resolve();
          const said = stderr.trim().split('\n').slice(-3).join(' ').slice(0, 500);
          reject(
            new EdgeError('rejected', `${command.join(' ')}: ${said || error.message}`, { cause: error }),
          );
        },
      );
    });
  const test = (signal: AbortSignal): Promise<void> => run(config.test, signal);
  const reload = (signal: AbortSignal): Promise<void> =>
    pidFile === undefined
      ? run(config.reload, signal)
      : reloadNginx({ pidFile, test: () => test(signal), timeoutMs: config.timeout }, signal);
  return {
    descriptor: {
      kind: 'nginx',
      pools: proxyPools(config, valueKinds),
      actions: actionKinds.filter((kind) => (config.actions as readonly string[]).includes(kind)),
      replaceOnly: true,
      longestV6Prefix: 128,
      ruleLanguage: 'nginx',
      nativeTtl: false,
      lock: 'none',
      scope: 'instance',
      coalesceMs: 50,
      // Each reload leaves workers behind until their connections are done, and commands read the file once more each.
      paceMs: pidFile === undefined ? 500 : 400,
    },
    inexpressible(entry) {
      if (isAddress(entry)) return null;
      const rule = renderRule(placed(entry), 'r0', variables);
      return 'inexpressible' in rule ? rule.inexpressible : null;
    },
    async observe(): Promise<Observed> {
      const bytes = await read();
      if (bytes === null) return { entries: [], damaged: 'not there yet' };
      // A file of 100,000 addresses takes a while to read; most looks find what was there before.
      if (held === null || !isMadeOf(bytes, held.pieces)) {
        const found = readNginxConfig(bytes.toString('utf8'), name);
        if (found === null) {
          if (config.adopt) return { entries: [], damaged: 'adopted' };
          throw new EdgeError(
            'rejected',
            `${file} was not written by Tidegate: name another file, or set adopt`,
          );
        }
        held = {
          pieces: [bytes],
          content: createNginxContent(placedAgain(found.entries)),
          damaged: found.damaged,
        };
      }
      const isCurrent = bytes.includes(`\n${exemptLine(exempt(now()))}\n`);
      const damaged = loaded ? (isCurrent ? null : otherExempt) : 'perhaps not loaded yet';
      return { entries: held.content.observed(), damaged: held.damaged ?? damaged };
    },
    async isAsKnown() {
      return held !== null && loaded && (await isAsWritten());
    },
    async apply(plan, signal) {
      const changes = [...plan.remove, ...plan.update, ...plan.add];
      const before = await readPieces();
      const isChange = !plan.rewrite && held !== null && before === held.pieces;
      const fresh = checked([...plan.update, ...plan.add].map(placed));
      const content = isChange ? held!.content : createNginxContent(placedEntries(plan));
      // nginx has taken all the rest before, and an address is one.
      const isSafe = isChange && loaded && changes.every(isAddress);
      held = null;
      loaded = false;
      if (isChange) {
        for (const { key } of plan.remove) content.remove(key);
        for (const entry of fresh) content.put(entry);
      }
      const pieces = content.render(name, exempt(now()), variables);
      const written = await writeWhole(file, pieces);
      try {
        if (!isSafe) await test(signal);
        if (!isSafe || pidFile !== undefined) await reload(signal);
        else {
          // Each reads the whole configuration by itself, and nginx does not load what fails the test.
          const [reloaded, tested] = await Promise.allSettled([reload(signal), test(signal)]);
          if (tested.status === 'rejected') throw tested.reason;
          if (reloaded.status === 'rejected') throw reloaded.reason;
        }
      } catch (error) {
        // nginx still runs the old configuration; the file must agree with it before anybody reloads.
        if (before === null) await rm(file, { force: true });
        else await writeWhole(file, before);
        throw error;
      }
      held = { pieces, content, damaged: null };
      writtenFile = written;
      loaded = true;
    },
    close: async () => {},
  };
}

function isMadeOf(bytes: Buffer, pieces: readonly Uint8Array[]): boolean {
  let at = 0;
  for (const piece of pieces) {
    const end = at + piece.byteLength;
    if (end > bytes.byteLength || bytes.compare(piece, 0, piece.byteLength, at, end) !== 0) return false;
    at = end;
  }
  return at === bytes.byteLength;
}
