import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inPackage } from '../../lib/package-root.ts';
import { freePort } from './free-port.ts';
import { startNginx } from './nginx.ts';

/** For tests: a real nginx that asks an edge about every request, with the lines that are deployed. */
export interface AskingNginx {
  readonly port: number;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Its site answers with the `X-Tidegate-Action` that it is told; `/challenge` and `/closed` are not asked about. */
export async function startAskingNginx(edge: string, tidegatePort: number): Promise<AskingNginx> {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-nginx-'));
  const sitePort = await freePort();
  const lines = readFileSync(inPackage('deploy', 'nginx', 'tidegate-auth.conf'), 'utf8')
    .replace('/WEB/', `/${edge}/`)
    .replace(
      '# proxy_set_header X-Country $geoip2_country_code;',
      'proxy_set_header X-Country $http_x_country;',
    );
  writeFileSync(join(dir, 'tidegate-auth.conf'), lines);
  const options = {
    dir,
    http: `  upstream tidegate { server 127.0.0.1:${tidegatePort}; keepalive 32; }
  server {
    listen 127.0.0.1:${sitePort};
    location / { return 200 "$http_x_tidegate_action"; }
  }`,
    server: `    include ${join(dir, 'tidegate-auth.conf')};
    location /closed { deny all; }
    location /challenge { auth_request off; proxy_pass http://127.0.0.1:${sitePort}; }
    location / { proxy_pass http://127.0.0.1:${sitePort}; }`,
  };
  let nginx = await startNginx(options);
  const { port } = nginx;
  return {
    port,
    async restart() {
      await nginx.stop();
      nginx = await startNginx({ ...options, port });
    },
    async stop() {
      await nginx.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
