import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Systems give ports from 32768 (Linux) or 49152 on to connections that go out: one of those, free a moment ago, may be
 * somebody's before it is listened on. One below is taken only by who wants it.
 */
const first = 20_000;
const last = 32_000;
const tries = 50;

/** Loopback ports that are free at the moment, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  try {
    for (let index = 0; index < count; index++) servers.push(await listening());
    return servers.map((server) => (server.address() as { port: number }).port);
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function listening(): Promise<Server> {
  for (let left = tries; ; left--) {
    const server = createServer();
    // where all of them are taken, any port will do
    server.listen(left > 0 ? first + Math.floor(Math.random() * (last - first)) : 0, '127.0.0.1');
    try {
      await once(server, 'listening');
      return server;
    } catch (error) {
      if (left <= 0) throw error;
    }
  }
}
