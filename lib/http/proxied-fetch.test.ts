import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, expect, test } from 'vitest';

const servers: Server[] = [];
const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});

test('requests go through the proxy of the environment, and redirects nowhere', async () => {
  const port = await listen(
    createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/else' }).end();
      else response.end('here');
    }),
  );
  let tunnels = 0;
  const proxy = createServer();
  // Any name leads to the server above, so that only the proxy can have resolved it.
  proxy.on('connect', (_request, socket) => {
    tunnels++;
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    for (const side of [socket, upstream]) side.on('error', () => {});
  });
  const proxyPort = await listen(proxy);
  const before = { ...process.env };
  try {
    for (const name of ['http_proxy', 'HTTP_PROXY']) process.env[name] = `http://127.0.0.1:${proxyPort}`;
    for (const name of ['no_proxy', 'NO_PROXY']) delete process.env[name];
    const { proxiedFetch } = await import('./proxied-fetch.ts');
    const answer = await proxiedFetch(new URL('http://api.vendor.example/x'), {});
    expect(await answer.text()).toBe('here');
    expect(tunnels).toBe(1);
    await expect(proxiedFetch(new URL('http://api.vendor.example/moved'), {})).rejects.toThrow();
  } finally {
    process.env = before;
  }
});
