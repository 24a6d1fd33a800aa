import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNginxEdge, nginxConfig } from '../../services/actuator/edges/nginx.ts';
import { ask, bringEdge, dependenciesFor, type ProxyFixture } from './edge-fixture.ts';
import { freePort, until } from './free-port.ts';
import { startNginxWithInclude } from './nginx.ts';

/** For tests: a real nginx, set up as the documentation says, with its edge. */
export interface NginxFixture extends ProxyFixture {
  /** The include that the edge writes. */
  readonly file: string;
  /** The configuration that is the owner's. */
  readonly ownFile: string;
  read(): string;
}

/** `isSignalled`: by its pid file, instead of the reload command. */
export async function startNginxFixture({ isSignalled = false } = {}): Promise<NginxFixture> {
  const sitePort = await freePort();
  const nginx = await startNginxWithInclude({
    http: `  limit_req_zone $tidegate_rate_key zone=tidegate:1m rate=1r/m;
  limit_req_status 429;
  server {
    listen 127.0.0.1:${sitePort};
    location / { return 200 "$http_x_tidegate_action"; }
  }`,
    server: `    if ($tidegate_block) { return 403; }
    if ($tidegate_challenge) { return 401; }
    limit_req zone=tidegate burst=4 nodelay;
    add_header X-Reference-Id $tidegate_decision always;
    add_header X-Version $tidegate_version always;
    location / {
      proxy_pass http://127.0.0.1:${sitePort};
      proxy_set_header X-Tidegate-Action $tidegate_action;
    }`,
  });
  const { file } = nginx.edge;
  const config = nginxConfig.parse({
    ...nginx.edge,
    ...(isSignalled ? { pid_file: join(nginx.dir, 'logs', 'nginx.pid') } : {}),
    name: 'edge',
    dry_run: false,
    actions: ['tag', 'rate_limit', 'challenge', 'block'],
    variables: { country: '$http_x_country' },
  });
  const edge = createNginxEdge(
    config,
    dependenciesFor(() => fixture.exempt),
  );
  const fixture: NginxFixture = {
    file,
    ownFile: join(nginx.dir, 'nginx.conf'),
    edge,
    exempt: [],
    port: nginx.port,
    async bring(...desired) {
      await bringEdge(edge, desired);
      const version = /\$tidegate_version \{ default "(\w+)"/.exec(fixture.read())![1];
      // After a reload the old worker answers for a moment.
      let answers = 0;
      await until('the new file is loaded', async () => {
        const { headers } = await ask(nginx.port, { ip: '192.0.2.250' });
        answers = headers['x-version'] === version ? answers + 1 : 0;
        return answers >= 3;
      });
    },
    restart: nginx.restart,
    read: () => readFileSync(file, 'utf8'),
    stop: nginx.stop,
  };
  return fixture;
}
