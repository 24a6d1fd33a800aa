import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { Edge, Entry } from '../../services/actuator/edge.ts';
import { createEnvoyEdge, envoyConfig } from '../../services/actuator/edges/envoy.ts';
import { createEnvoyAuthzEdge, envoyAuthzConfig } from '../../services/actuator/edges/envoy-authz.ts';
import { envoyAuthzFilter, envoyFilters } from '../../services/actuator/edges/envoy-filters.ts';
import { address, ask, dependenciesFor, planFor } from '../counterparts/edge-fixture.ts';
import { startEnvoy } from '../counterparts/envoy.ts';
import { freePort } from '../counterparts/free-port.ts';
import { startHaproxyFixture } from '../counterparts/haproxy.ts';
import { startNginxFixture } from '../counterparts/nginx-edge.ts';
import { type Figure, figureOf, quantilesOf, timed } from './bench.ts';

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
  nginx: () => startNginxFixture({ isSignalled: true }),
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

/**
 * At a proxy that holds 100,000 addresses: from a plan that adds one to the first refused request, and what making that
 * plan costs. The way of a decision to an edge is both, twice the plan (before and after the change).
 */
export async function edgeLatency(): Promise<readonly Figure[]> {
  const many = Array.from({ length: held }, (_, index) =>
    address(`20.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`),
  );
  const only = process.env['TIDEGATE_BENCH_EDGE'];
  const figures: Figure[] = [];
  for (const [kind, start] of Object.entries(proxies)) {
    if (only !== undefined && only !== kind) continue;
    const { result, cpuSeconds } = await timed(() => measuresAt(start, many));
    const parameters = { edge: kind, entries: held, changes };
    const latency = quantilesOf(result.latencies);
    const figure = figureOf(parameters, cpuSeconds);
    figures.push(
      figure('plan_to_edge_p50', latency(0.5), 's'),
      figure('plan_to_edge_p99', latency(0.99), 's'),
      figure('plan_to_edge_cpu', result.applyCpuSeconds / changes, 's'),
      figure('plan_cpu', result.planCpuSeconds, 's'),
    );
  }
  return figures;
}

async function measuresAt(start: () => Promise<Enforced>, many: readonly Entry[]) {
  const signal = new AbortController().signal;
  const proxy = await start();
  try {
    await proxy.edge.apply(await planFor(proxy.edge, many), signal);
    const plan = await timed(() => planFor(proxy.edge, many));
    const latencies: number[] = [];
    let applyCpuSeconds = 0;
    const content = [...many];
    for (let change = 0; change < changes; change++) {
      const ip = `203.0.113.${change + 1}`;
      const added = address(ip);
      content.push(added);
      await proxy.edge.observe(signal);
      const { seconds, cpuSeconds } = await timed(async () => {
        const only = { ...plan.result, add: [added], update: [], remove: [], content, rewrite: false };
        await proxy.edge.apply(only, signal);
        while ((await ask(proxy.port, { ip })).status !== 403)
          await new Promise((resolve) => setTimeout(resolve, 5));
      });
      latencies.push(seconds);
      applyCpuSeconds += cpuSeconds;
    }
    return { latencies, applyCpuSeconds, planCpuSeconds: plan.cpuSeconds };
  } finally {
    await proxy.stop();
  }
}
