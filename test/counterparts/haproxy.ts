import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inPackage } from '../../lib/package-root.ts';
import { createHaproxyEdge, haproxyConfig } from '../../services/actuator/edges/haproxy.ts';
import {
  haproxyFrontend,
  haproxyRateTable,
  haproxyReactions,
} from '../../services/actuator/edges/haproxy-frontend.ts';
import { mapNames } from '../../services/actuator/edges/haproxy-maps.ts';
import type { GoodList } from '../../services/actuator/good-list.ts';
import { findBinary, unpackedEnvironment } from './counterpart.ts';
import { ask, bringEdge, dependenciesFor, type ProxyFixture } from './edge-fixture.ts';
import { freePort, until } from './free-port.ts';
import { type RunningProcess, startProcess } from './process.ts';

/** Path of a real HAProxy, or null. */
export function findHaproxy(): string | null {
  return findBinary('haproxy');
}

export interface HaproxyFixture extends ProxyFixture {
  readonly dir: string;
  /** Folder of the map files. */
  readonly directory: string;
  readonly socket: string;
  /** `haproxy -c` of its configuration, with the map files as they are; null: it would start. */
  check(): string | null;
  output(): string;
}

export interface HaproxyOptions {
  readonly actions?: readonly string[];
  readonly attributes?: readonly string[];
  readonly capacity?: number;
  /** Secret of the key k1: passes are checked. */
  readonly passSecret?: string;
  /** Good clients are known by a list. */
  readonly good?: GoodList;
}

/** A real HAProxy with the lines of the documentation, and the edge that writes its maps. */
export async function startHaproxyFixture(options: HaproxyOptions = {}): Promise<HaproxyFixture> {
  const binary = findHaproxy();
  if (binary === null) throw new Error('haproxy not found: run scripts/install-counterparts.sh');
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-haproxy-'));
  const directory = join(dir, 'maps');
  const socket = join(dir, 'admin.sock');
  const port = await freePort();
  const config = join(dir, 'haproxy.cfg');
  mkdirSync(directory);
  for (const name of [...mapNames, 'good']) writeFileSync(join(directory, `${name}.map`), '');
  writeFileSync(
    config,
    configuration(
      directory,
      socket,
      port,
      passLines(options.passSecret) + goodLines(options.good, directory),
    ),
  );

  const start = async (): Promise<RunningProcess> => {
    const process = startProcess(binary, ['-db', '-f', config], { cwd: dir });
    try {
      await until('haproxy answers', async () => {
        if (process.child.exitCode !== null) throw new Error(process.output());
        return existsSync(socket) && (await ask(port)).status > 0;
      });
    } catch (error) {
      await process.stop('SIGKILL');
      throw new Error(`haproxy did not start: ${process.output()}`, { cause: error });
    }
    return process;
  };
  let running = await start();
  const edge = createHaproxyEdge(
    haproxyConfig.parse({
      kind: 'haproxy',
      name: 'edge',
      dry_run: false,
      socket,
      directory,
      actions: options.actions ?? ['tag', 'rate_limit', 'challenge', 'block'],
      attributes: options.attributes ?? ['country', 'ja4', 'end_user_country'],
      ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
      ...(options.passSecret === undefined ? {} : { pass: {} }),
      ...(options.good === undefined ? {} : { good_list: {} }),
    }),
    {
      ...dependenciesFor(() => fixture.exempt),
      ...(options.good === undefined ? {} : { good: options.good }),
    },
  );
  const fixture: HaproxyFixture = {
    edge,
    port,
    dir,
    directory,
    socket,
    exempt: [],
    bring: (...desired) => bringEdge(edge, desired),
    async restart() {
      await running.stop('SIGKILL');
      running = await start();
    },
    check() {
      try {
        execFileSync(binary, ['-c', '-f', config], { env: unpackedEnvironment(), stdio: 'pipe' });
        return null;
      } catch (error) {
        return String((error as { stderr?: Buffer }).stderr ?? error);
      }
    },
    output: () => running.output(),
    async stop() {
      await edge.close();
      await running.stop('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return fixture;
}

/** The lines of the documentation that check passes. */
const passLines = (secret: string | undefined): string =>
  secret === undefined
    ? ''
    : readFileSync(inPackage('deploy', 'haproxy', 'tidegate-pass.cfg'), 'utf8').replace('SECRET', secret);

/** The lines of the documentation that ask the list of good clients. */
const goodLines = (good: GoodList | undefined, directory: string): string =>
  good === undefined
    ? ''
    : readFileSync(inPackage('deploy', 'haproxy', 'tidegate-good-list.cfg'), 'utf8').replaceAll(
        '/etc/haproxy/tidegate',
        directory,
      );

const configuration = (directory: string, socket: string, port: number, pass: string): string => `global
    stats socket ${socket} mode 600 level admin
    maxconn 500
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    bind 127.0.0.1:${port}
    http-request set-src req.fhdr(x-forwarded-for)
    http-request set-var(txn.tidegate_country) req.fhdr(x-country)
    http-request set-var(txn.tidegate_end_user_country) req.fhdr(x-end-user-country)
    http-request set-var(txn.tidegate_ja4) req.fhdr(x-ja4)
${pass}${haproxyFrontend(directory)}${haproxyReactions}    default_backend app
${haproxyRateTable}
backend tidegate_challenge
    http-request return status 401 content-type text/plain string "challenge"
backend app
    http-request return status 200 content-type text/plain lf-string "%[req.fhdr(x-tidegate-action)]"
`;
