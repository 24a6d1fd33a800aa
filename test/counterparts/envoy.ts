import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counterpartsFolder, findBinary } from './counterpart.ts';
import { ask } from './edge-fixture.ts';
import { freePort, until } from './free-port.ts';
import { type RunningProcess, startProcess } from './process.ts';

/** Path of a real Envoy, or null. */
export function findEnvoy(): string | null {
  const own = join(counterpartsFolder, 'envoy', 'envoy');
  return existsSync(own) ? own : findBinary('envoy');
}

export interface RunningEnvoy {
  readonly port: number;
  /** Text of the admin interface's answer. */
  admin(path: string, method?: 'GET' | 'POST'): Promise<string>;
  restart(): Promise<void>;
  output(): string;
  stop(): Promise<void>;
}

/**
 * A real Envoy whose clients are told apart by X-Forwarded-For. `filters`: HTTP filters before the router; `upstream`:
 * where Tidegate answers. The upstream of the site echoes X-Tidegate-Action. `accessLog`: file of its default text.
 */
export async function startEnvoy(options: {
  readonly filters: readonly object[];
  readonly tidegatePort: number;
  readonly adminPort: number;
  readonly requestHeaders?: readonly object[];
  readonly accessLog?: string;
}): Promise<RunningEnvoy> {
  const binary = findEnvoy();
  if (binary === null) throw new Error('envoy not found: run scripts/install-counterparts.sh');
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-envoy-'));
  const { adminPort } = options;
  const port = await freePort();
  const site = createServer((request, response) => response.end(request.headers['x-tidegate-action'] ?? ''));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const sitePort = (site.address() as AddressInfo).port;
  const config = join(dir, 'envoy.json');
  writeFileSync(config, JSON.stringify(bootstrap({ ...options, port, sitePort })));
  // Several Envoys on a machine need different ids of shared memory.
  const args = ['-c', config, '--base-id', String(port), '--concurrency', '1', '--log-level', 'warning'];
  const start = async (): Promise<RunningProcess> => {
    const process = startProcess(binary, args, { cwd: dir });
    try {
      await until('envoy answers', async () => (await ask(port)).status > 0);
    } catch (error) {
      await process.stop('SIGKILL');
      throw new Error(`envoy did not start: ${process.output()}`, { cause: error });
    }
    return process;
  };
  let running = await start();
  return {
    port,
    admin: async (path, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${adminPort}${path}`, { method })).text(),
    async restart() {
      await running.stop('SIGKILL');
      running = await start();
    },
    output: () => running.output(),
    async stop() {
      await running.stop('SIGKILL');
      site.closeAllConnections();
      await new Promise((resolve) => site.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const cluster = (name: string, port: number) => ({
  name,
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: {
    cluster_name: name,
    endpoints: [
      {
        lb_endpoints: [
          { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
        ],
      },
    ],
  },
});

const accessLogTo = (path: string) => ({
  name: 'file',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
    path,
  },
});

function bootstrap(options: {
  readonly filters: readonly object[];
  readonly tidegatePort: number;
  readonly requestHeaders?: readonly object[];
  readonly accessLog?: string;
  readonly port: number;
  readonly adminPort: number;
  readonly sitePort: number;
}): object {
  const manager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'web',
    use_remote_address: true,
    xff_num_trusted_hops: 1,
    normalize_path: true,
    merge_slashes: true,
    ...(options.accessLog === undefined ? {} : { access_log: [accessLogTo(options.accessLog)] }),
    local_reply_config: {
      mappers: [
        {
          filter: {
            status_code_filter: {
              comparison: { op: 'EQ', value: { default_value: 403, runtime_key: 'none' } },
            },
          },
          headers_to_add: [{ header: { key: 'x-refused', value: '%RESPONSE_CODE_DETAILS%' } }],
        },
      ],
    },
    route_config: {
      name: 'site',
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'site' } }],
          ...(options.requestHeaders === undefined ? {} : { request_headers_to_add: options.requestHeaders }),
        },
      ],
    },
    http_filters: [
      ...options.filters,
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  };
  return {
    node: { id: 'proxy-1', cluster: 'web' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: options.adminPort } } },
    static_resources: {
      listeners: [
        {
          name: 'web',
          address: { socket_address: { address: '127.0.0.1', port_value: options.port } },
          filter_chains: [
            { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] },
          ],
        },
      ],
      clusters: [cluster('tidegate', options.tidegatePort), cluster('site', options.sitePort)],
    },
  };
}
