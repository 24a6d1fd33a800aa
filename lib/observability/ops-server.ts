import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunningService } from '../lifecycle.ts';
import type { Metrics } from './metrics.ts';

export interface OpsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `/metrics` (Prometheus), `/livez` (the process answers) and `/readyz` (every service is ready, else 503 with the
 * reasons). One per process. Port 0 takes a free one.
 */
export async function startOpsServer(options: {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly services: () => readonly RunningService[];
}): Promise<OpsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    };
    switch ((request.url ?? '').split('?')[0]) {
      case '/metrics':
        options.metrics.registry.metrics().then(
          (text) => answer(200, options.metrics.registry.contentType, text),
          (error: unknown) => answer(500, 'text/plain', String(error)),
        );
        return;
      case '/livez':
        answer(200, 'text/plain', 'ok\n');
        return;
      case '/readyz': {
        const reasons = options.services().flatMap((service) => {
          const reason = service.notReady();
          return reason === null ? [] : [`${service.name}: ${reason}`];
        });
        answer(
          reasons.length === 0 ? 200 : 503,
          'text/plain',
          reasons.length === 0 ? 'ok\n' : `${reasons.join('\n')}\n`,
        );
        return;
      }
      default:
        answer(404, 'text/plain', 'not found: /metrics /livez /readyz\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
