import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { unlimitedCapacity } from '../../services/actuator/choose-entries.ts';
import type { Edge, Entry } from '../../services/actuator/edge.ts';
import { startEdgeLoop } from '../../services/actuator/edge-loop.ts';
import { createEnvoyEdge, envoyConfig } from '../../services/actuator/edges/envoy.ts';
import { createEnvoyAuthzEdge, envoyAuthzConfig } from '../../services/actuator/edges/envoy-authz.ts';
import { envoyAuthzFilter, envoyFilters } from '../../services/actuator/edges/envoy-filters.ts';
import { address, ask, dependenciesFor } from '../counterparts/edge-fixture.ts';
import { startEnvoy } from '../counterparts/envoy.ts';
import { freePort, until } from '../counterparts/free-port.ts';
import { startHaproxyFixture } from '../counterparts/haproxy.ts';
import { startNginxFixture } from '../counterparts/nginx-edge.ts';
import { type Figure, rounded, timed } from './bench.ts';

const held = 100_000;
const changes = 20;

/** A proxy with its edge, whatever it is. */
interface Enforced {
  readonly edge: Edge;
  readonly port: number;
  stop(): Promise<void>;
}

async function envoyOf(edge: Edge, filters: readonly object[]): Promise<Enforced> {
  const app = fastify({ forceCloseConnections: true });
  edge.register!(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const envoy = await startEnvoy({
    filters,
    adminPort: await freePort(),
    tidegatePort: (app.server.address() as AddressInfo).port,
  });
  const stop = async () => {
    await envoy.stop();
    await app.close();
  };
  return { edge, port: envoy.port, stop };
}

const proxies: { readonly [kind: string]: () => Promise<Enforced> } = {
  nginx: startNginxFixture,
  haproxy: () => startHaproxyFixture(),
  envoy: () =>
    envoyOf(
      createEnvoyEdge(
        envoyConfig.parse({ kind: 'envoy', name: 'edge' }),
        dependenciesFor(() => []),
      ),
      envoyFilters({ edge: 'edge', parts: 16, cluster: 'tidegate', tags: false, refresh: '0.2s' }),
    ),
  'envoy-authz': () =>
    envoyOf(
      createEnvoyAuthzEdge(
        envoyAuthzConfig.parse({ kind: 'envoy-authz', name: 'edge', client_address: { trusted_hops: 1 } }),
        dependenciesFor(() => []),
      ),
      [envoyAuthzFilter({ edge: 'edge', cluster: 'tidegate', headers: [], timeout: '5s' })],
    ),
};

/** From a changed decision to the first refused request, through the loop of the edge, at a proxy that holds 100,000. */
export async function edgeLatency(): Promise<readonly Figure[]> {
  const many = Array.from({ length: held }, (_, index) =>
    address(`20.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`),
  );
  const figures: Figure[] = [];
  for (const [kind, start] of Object.entries(proxies)) {
    const { result, cpuSeconds } = await timed(() => latenciesAt(start, many));
    const parameters = { edge: kind, entries: held, changes };
    const at = (share: number) => result.toSorted((a, b) => a - b)[Math.ceil(share * result.length) - 1]!;
    for (const [name, share] of [
      ['decision_to_edge_p50', 0.5],
      ['decision_to_edge_p99', 0.99],
    ] as const)
      figures.push({
        name,
        value: rounded(at(share)),
        unit: 's',
        parameters,
        cpu_seconds: rounded(cpuSeconds),
      });
  }
  return figures;
}

async function latenciesAt(start: () => Promise<Enforced>, many: readonly Entry[]): Promise<number[]> {
  const proxy = await start();
  let entries = many;
  const never = new AbortController().signal;
  const loop = startEdgeLoop({
    name: 'edge',
    edge: proxy.edge,
    arming: () => ({ mode: 'armed', because: 'bench' }),
    adopt: false,
    maxUnexplainedShare: 0.2,
    desired: () => ({ entries, suppressed: 0, nextChangeAt: Number.POSITIVE_INFINITY }),
    known: () => true,
    clientsOf: () => 'unknown',
    hold: () => never,
    capacity: () => unlimitedCapacity,
    holdAddition: () => null,
    audit: { record: async () => {} },
    verifyEveryMs: 60_000,
    backoffMs: { base: 100, cap: 1000 },
    now: Date.now,
    random: Math.random,
    logger: silentLogger,
    metrics: createMetrics(),
  });
  const inStep = () => until('the edge is in step', () => loop.status().state === 'in_step', 120_000);
  try {
    await inStep();
    const latencies: number[] = [];
    for (let change = 0; change < changes; change++) {
      const ip = `203.0.113.${change + 1}`;
      const startedAt = performance.now();
      entries = [...many, address(ip)];
      loop.wake();
      while ((await ask(proxy.port, { ip })).status !== 403)
        await new Promise((resolve) => setTimeout(resolve, 5));
      latencies.push((performance.now() - startedAt) / 1000);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await inStep();
    }
    return latencies;
  } finally {
    await loop.close();
    await proxy.stop();
  }
}
