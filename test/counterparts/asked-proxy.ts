import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { passKey } from '../../lib/pass/pass.test-fixture.ts';
import type { Edge, EdgeDependencies } from '../../services/actuator/edge.ts';
import { bringEdge, dependenciesFor, type ProxyFixture } from './edge-fixture.ts';

/** What edges that proxies ask are told in tests, besides their kind. */
export const askedFields = {
  name: 'edge',
  headers: { country: 'x-country' },
  rate_limit: { requests: 4, per: '1h' },
  challenge: 'https://shop.example/challenge',
  pass: { keys: [passKey()] },
};

/** For tests: a real proxy that asks an edge of this process about every request. */
export interface AskedProxy extends ProxyFixture {
  /** The decisions API stops answering, but takes connections. */
  hang(): void;
  /** It goes away. */
  silence(): Promise<void>;
}

/** @param startProxy starts the proxy, which asks at the port given */
export async function startAskedProxy(
  createEdge: (dependencies: EdgeDependencies) => Edge,
  startProxy: (port: number) => Promise<{
    readonly port: number;
    restart(): Promise<void>;
    stop(): Promise<void>;
  }>,
): Promise<AskedProxy> {
  const edge = createEdge(dependenciesFor(() => fixture.exempt));
  const app = fastify({ forceCloseConnections: true });
  let hangs = false;
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!hangs) done();
  });
  edge.register!(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const proxy = await startProxy((app.server.address() as AddressInfo).port);
  const fixture: AskedProxy = {
    edge,
    port: proxy.port,
    exempt: [],
    bring: (...desired) => bringEdge(edge, desired),
    restart: () => proxy.restart(),
    hang: () => {
      hangs = true;
    },
    silence: () => app.close(),
    async stop() {
      await proxy.stop();
      await app.close();
    },
  };
  return fixture;
}
