import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyNginxConfig } from '../../services/actuator/edges/nginx-config.ts';
import { findBinary, unpackedEnvironment, unpackedRoot } from './counterpart.ts';
import { freePort, until } from './free-port.ts';
import { type RunningProcess, startProcess } from './process.ts';

/** Path of a real nginx, or null. */
export function findNginx(): string | null {
  return findBinary('nginx');
}

/** Path of one of its dynamic modules (`ngx_http_js_module.so`), or null. */
export function findNginxModule(name: string): string | null {
  const folders = ['/usr/lib/nginx/modules', join(unpackedRoot, 'usr/lib/nginx/modules')];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

export interface NginxOptions {
  /** Folder for its files; has to exist. */
  readonly dir: string;
  /** Lines before everything else: modules to load. */
  readonly main?: string;
  /** Lines inside the http block, before the server. */
  readonly http?: string;
  /** Lines inside the server block. `listen` and the client address from X-Forwarded-For are there already. */
  readonly server: string;
}

export interface RunningNginx {
  readonly url: string;
  readonly port: number;
  /** Arguments that test and reload this very instance, for the configuration of an edge. */
  readonly testCommand: readonly string[];
  readonly reloadCommand: readonly string[];
  readonly accessLog: string;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

/** Writes nginx.conf into the folder and answers the arguments that make nginx use it. */
export function writeNginxConfig(options: NginxOptions & { readonly port: number }): string[] {
  const { dir, port } = options;
  for (const folder of ['logs', 'temp']) mkdirSync(join(dir, folder), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path temp/${name};`)
    .join('\n');
  writeFileSync(
    join(dir, 'nginx.conf'),
    `${options.main ?? ''}
daemon off;
worker_processes 1;
pid logs/nginx.pid;
error_log logs/error.log notice;
events { worker_connections 512; }
http {
${temporary}
  access_log logs/access.log combined;
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Forwarded-For;
${options.http ?? ''}
  server {
    listen 127.0.0.1:${port};
${options.server}
  }
}
`,
  );
  return ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'logs', 'error.log')];
}

/** A real nginx on loopback. Clients are told apart by X-Forwarded-For, which it trusts from 127.0.0.1. */
export async function startNginx(options: NginxOptions & { readonly port?: number }): Promise<RunningNginx> {
  const binary = findNginx();
  if (binary === null) throw new Error('nginx not found: run scripts/install-counterparts.sh');
  const port = options.port ?? (await freePort());
  const args = writeNginxConfig({ ...options, port });
  const process = startProcess(binary, args, { cwd: options.dir });
  const url = `http://127.0.0.1:${port}`;
  const command = [
    'env',
    `LD_LIBRARY_PATH=${unpackedEnvironment()['LD_LIBRARY_PATH'] ?? ''}`,
    binary,
    ...args,
  ];
  try {
    await until(`nginx answers on ${url}`, async () => {
      if (process.child.exitCode !== null) throw new Error(process.output());
      await (await fetch(url)).arrayBuffer();
      return true;
    });
  } catch (error) {
    await process.stop('SIGQUIT');
    throw new Error(`nginx did not start: ${process.output()}`, { cause: error });
  }
  return {
    url,
    port,
    testCommand: [...command, '-t'],
    reloadCommand: [...command, '-s', 'reload'],
    accessLog: join(options.dir, 'logs', 'access.log'),
    process,
    stop: () => process.stop('SIGQUIT'),
  };
}

export interface NginxWithInclude {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** What the configuration of its edge says: the file to write, and how to test and reload this instance. */
  readonly edge: {
    readonly kind: 'nginx';
    readonly file: string;
    readonly test: readonly string[];
    readonly reload: readonly string[];
  };
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real nginx in a folder of its own that includes the file of an edge, as it is before anything was decided. */
export async function startNginxWithInclude(options: Omit<NginxOptions, 'dir'>): Promise<NginxWithInclude> {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-nginx-'));
  const file = join(dir, 'tidegate.conf');
  writeFileSync(file, emptyNginxConfig);
  const all = { ...options, dir, http: `  include ${file};\n${options.http ?? ''}` };
  let nginx = await startNginx(all);
  const { url, port, testCommand: test, reloadCommand: reload } = nginx;
  return {
    url,
    port,
    dir,
    edge: { kind: 'nginx', file, test, reload },
    async restart() {
      await nginx.stop();
      nginx = await startNginx({ ...all, port });
    },
    async stop() {
      await nginx.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** `nginx -t` on a configuration: null when it is accepted, else what nginx says. */
export function testNginxConfig(options: NginxOptions): string | null {
  const binary = findNginx();
  if (binary === null) throw new Error('nginx not found: run scripts/install-counterparts.sh');
  const args = writeNginxConfig({ ...options, port: 1 });
  try {
    execFileSync(binary, [...args, '-t'], { env: unpackedEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    return null;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error);
  }
}
