import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pRetry from 'p-retry';
import { freePorts } from '../../lib/engines/free-ports.ts';
import { emptyNginxConfig } from '../../services/actuator/edges/nginx-config.ts';

const run = promisify(execFile);

export interface DemoNginx {
  readonly version: string;
  readonly url: string;
  /** The include file that the edge writes, and the commands that test and load it. */
  readonly edge: {
    readonly file: string;
    readonly test: readonly string[];
    readonly reload: readonly string[];
  };
  /** Status that a client of this address is answered. */
  status(clientAddress: string): Promise<number>;
  stop(): Promise<void>;
}

function findNginx(
  env: NodeJS.ProcessEnv,
  cacheFolder: string,
): { path: string; libraries: string[] } | null {
  for (const folder of [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin'])
    if (folder !== '' && existsSync(join(folder, 'nginx')))
      return { path: join(folder, 'nginx'), libraries: [] };
  const unpacked = join(cacheFolder, 'counterparts', 'root');
  const path = join(unpacked, 'usr', 'sbin', 'nginx');
  const libraries = [
    'usr/lib/x86_64-linux-gnu',
    'lib/x86_64-linux-gnu',
    'usr/lib/aarch64-linux-gnu',
    'usr/lib',
  ];
  return existsSync(path) ? { path, libraries: libraries.map((folder) => join(unpacked, folder)) } : null;
}

/** A real nginx on loopback whose answers follow the decisions; null where there is none to be found. */
export async function startDemoNginx(
  folder: string,
  env: NodeJS.ProcessEnv,
  cacheFolder: string,
): Promise<DemoNginx | null> {
  const found = findNginx(env, cacheFolder);
  if (found === null) return null;
  for (const name of ['logs', 'temp']) mkdirSync(join(folder, name), { recursive: true });
  const file = join(folder, 'tidegate.conf');
  writeFileSync(file, emptyNginxConfig);
  const [port] = await freePorts(1);
  const configFile = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path temp/${name};`,
  );
  writeFileSync(
    configFile,
    `daemon off;
worker_processes 1;
pid logs/nginx.pid;
error_log logs/error.log notice;
events { worker_connections 256; }
http {
${temporary.join('\n')}
  access_log logs/access.log combined;
  # The demo's clients are this machine: their address is what they say it is.
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Forwarded-For;
  include ${file};
  server {
    listen 127.0.0.1:${port};
    if ($tidegate_block) { return 403; }
    location / { return 200 "served\\n"; }
  }
}
`,
  );
  const prefix = found.libraries.length === 0 ? [] : ['env', `LD_LIBRARY_PATH=${found.libraries.join(':')}`];
  const command = [
    ...prefix,
    found.path,
    '-p',
    folder,
    '-c',
    configFile,
    '-e',
    join(folder, 'logs', 'error.log'),
  ];
  const { stderr } = await run(command[0]!, [...command.slice(1), '-v']);
  const child: ChildProcess = spawn(command[0]!, command.slice(1), { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const once = async (clientAddress: string): Promise<number> => {
    const response = await fetch(url, { headers: { 'x-forwarded-for': clientAddress, connection: 'close' } });
    await response.arrayBuffer();
    return response.status;
  };
  // a worker that ends with a reload takes the connections along that were just opened to it
  const status = (clientAddress: string): Promise<number> =>
    pRetry(() => once(clientAddress), { retries: 5, minTimeout: 100 });
  for (let attempt = 0; ; attempt++) {
    try {
      await once('192.0.2.1');
      break;
    } catch (error) {
      if (attempt === 50 || child.exitCode !== null) {
        child.kill('SIGTERM');
        throw new Error(`nginx did not start: see ${join(folder, 'logs', 'error.log')}`, { cause: error });
      }
      await sleep(50);
    }
  }
  return {
    version: /nginx\/([\d.]+)/.exec(stderr)?.[1] ?? 'unknown',
    url,
    edge: { file, test: [...command, '-t'], reload: [...command, '-s', 'reload'] },
    status,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}
