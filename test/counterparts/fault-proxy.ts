import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does with one request instead of passing it on. */
export type Fault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: { readonly [name: string]: string };
    }
  /** Cuts the connection: before the request is passed on, or after it had its effect. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' };

export interface FaultProxy {
  readonly url: string;
  /** Number of requests seen. */
  readonly requests: number;
  close(): Promise<void>;
}

/** An HTTP proxy to one upstream that spoils the requests `fault` names. */
export async function startFaultProxy(
  upstream: string,
  fault: (request: {
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly body: string;
  }) => Fault | null | Promise<Fault | null>,
): Promise<FaultProxy> {
  let requests = 0;
  const target = new URL(upstream);
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      requests++;
      const body = Buffer.concat(chunks);
      const spoiled = await fault({ headers: incoming.headers, body: body.toString('utf8') });
      if (spoiled?.kind === 'answer') {
        outgoing.writeHead(spoiled.status, {
          'content-type': 'application/x-amz-json-1.1',
          ...spoiled.headers,
        });
        outgoing.end(spoiled.body);
        return;
      }
      if (spoiled?.kind === 'cut' && spoiled.when === 'before') {
        incoming.socket.destroy();
        return;
      }
      const passed = request(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path: incoming.url,
          headers: incoming.headers,
        },
        (answer) => {
          if (spoiled?.kind === 'cut') {
            answer.resume();
            answer.on('end', () => incoming.socket.destroy());
            return;
          }
          outgoing.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(outgoing);
        },
      );
      passed.on('error', () => incoming.socket.destroy());
      passed.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
