import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An HTTP server that plays a vendor's API. The stand-ins in this folder are written from the vendors' documentation
 * and clients (each file names its source); they keep state, so that locks, asynchronous operations, limits and partial
 * failures can be met, and they refuse requests of another form than the vendor's schema.
 */

export interface VendorCall {
  /** 0, 1, 2, … in order of arrival. */
  readonly index: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; null: no body. */
  readonly body: unknown;
  readonly text: string;
}

export interface VendorReply {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: { readonly [name: string]: string };
}

/** What goes wrong with a call. */
export const mishaps = ['throttled', 'down', 'gateway', 'cut_before', 'cut_after', 'busy'] as const;
/** `silent`: no answer ever comes; it takes the client's patience each time. */
export type Mishap = (typeof mishaps)[number] | 'silent';

export interface VendorServer {
  readonly url: string;
  readonly calls: readonly VendorCall[];
  /** Asked for every call. */
  mishap: (call: VendorCall) => Mishap | null;
  close(): Promise<void>;
}

/** Answers a call, at once or when the vendor is done. */
type Handle = (call: VendorCall) => VendorReply | Promise<VendorReply>;

export async function startVendorServer(handle: Handle): Promise<VendorServer> {
  const calls: VendorCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const url = new URL(request.url!, 'http://vendor');
      const text = Buffer.concat(chunks).toString('utf8');
      const call: VendorCall = {
        index: calls.length,
        method: request.method!,
        path: decodeURI(url.pathname),
        query: url.searchParams,
        headers: request.headers,
        body: parsed(text),
        text,
      };
      calls.push(call);
      const mishap = vendor.mishap(call);
      if (mishap === 'silent') return;
      if (mishap === 'cut_before') return void request.socket.destroy();
      const reply = refusals[mishap ?? ''] ?? (await handled(handle, call));
      if (mishap === 'cut_after') return void request.socket.destroy();
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      response.end(reply.json === undefined ? '' : JSON.stringify(reply.json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const vendor: VendorServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    mishap: () => null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return vendor;
}

const refusals: { readonly [mishap: string]: VendorReply } = {
  throttled: { status: 429, headers: { 'retry-after': '1' }, json: { message: 'slow down' } },
  down: { status: 500, json: { message: 'oops' } },
  gateway: { status: 503, headers: { 'retry-after': '1' } },
  busy: { status: 409, json: { message: 'somebody else is writing' } },
};

/** A stand-in that throws answers 500, and the test sees it. */
async function handled(handle: Handle, call: VendorCall): Promise<VendorReply> {
  try {
    return await handle(call);
  } catch (error) {
    process.stderr.write(`stand-in: ${call.method} ${call.path}: ${(error as Error).stack}\n`);
    return { status: 500, json: { message: 'the stand-in failed' } };
  }
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
