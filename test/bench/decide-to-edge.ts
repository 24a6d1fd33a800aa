import { join } from 'node:path';
import { exponential, namedRandom } from '../../cli/generate/random.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { actuatorConfig } from '../../services/actuator/config.ts';
import { envoyAuthzFilter, envoyFilters } from '../../services/actuator/edges/envoy-filters.ts';
import { startActuator } from '../../services/actuator/main.ts';
import { contextOf, say, verdict } from '../counterparts/actuator-input.ts';
import { ask } from '../counterparts/edge-fixture.ts';
import { startEnvoy } from '../counterparts/envoy.ts';
import { freePort, until } from '../counterparts/free-port.ts';
import { startHaproxyFixture } from '../counterparts/haproxy.ts';
import { startNginxWithInclude } from '../counterparts/nginx.ts';
import { startAskingNginx } from '../counterparts/nginx-auth.ts';
import { type Figure, figureOf, quantilesOf, timed } from './bench.ts';

const held = 100_000;
const samples = 120;
/** Between two decisions, on average; they do not wait for each other. */
const meanGapMs = 400;
/** Each question costs the machine a little, and what is measured takes longer than that. */
const pollMs = 25;

/** A proxy without decisions, and the edge of the configuration that serves it. */
interface Proxy {
  readonly port: number;
  readonly edge: object;
  stop(): Promise<void>;
}

async function nginxProxy(): Promise<Proxy> {
  const { port, dir, edge, stop } = await startNginxWithInclude({
    server: `    if ($tidegate_block) { return 403; }
    location / { return 200 "ok"; }`,
  });
  // As docs/howto/edges.md advises for long lists.
  return { port, edge: { ...edge, pid_file: join(dir, 'logs', 'nginx.pid') }, stop };
}

async function askingNginx(tidegatePort: number): Promise<Proxy> {
  const { port, stop } = await startAskingNginx('edge', tidegatePort);
  return { port, edge: { kind: 'nginx-auth' }, stop };
}

async function haproxyProxy(): Promise<Proxy> {
  const { port, socket, directory, stop } = await startHaproxyFixture();
  return { port, edge: { kind: 'haproxy', socket, directory }, stop };
}

const envoyProxy =
  (edge: object, filters: readonly object[]) =>
  async (tidegatePort: number): Promise<Proxy> => {
    const envoy = await startEnvoy({ filters, adminPort: await freePort(), tidegatePort });
    return { port: envoy.port, edge, stop: envoy.stop };
  };

const proxies: { readonly [kind: string]: (tidegatePort: number) => Promise<Proxy> } = {
  nginx: nginxProxy,
  'nginx-auth': askingNginx,
  haproxy: haproxyProxy,
  envoy: envoyProxy(
    { kind: 'envoy', parts: 16, capacity: 2 * held },
    envoyFilters({ edge: 'edge', parts: 16, cluster: 'tidegate', tags: false, refresh: '0.2s' }),
  ),
  'envoy-authz': envoyProxy({ kind: 'envoy-authz', client_address: { trusted_hops: 1 } }, [
    envoyAuthzFilter({ edge: 'edge', cluster: 'tidegate', headers: [], timeout: '5s' }),
  ]),
};

/** The same waits in every run: exponential, as independent decisions come. */
function gapsMs(): number[] {
  const random = namedRandom(7, 'gaps');
  return Array.from({ length: samples }, () => exponential(random, meanGapMs));
}

/**
 * The whole way within the actuator, to a real proxy that holds 100,000 addresses: from a verdict in the log, by the
 * decider and the edge loop, to the first refused request, while other decisions come and go and the edge is verified.
 */
export async function decideToEdge(): Promise<readonly Figure[]> {
  const only = process.env['TIDEGATE_BENCH_EDGE'];
  const figures: Figure[] = [];
  for (const [kind, start] of Object.entries(proxies)) {
    if (only !== undefined && only !== kind) continue;
    console.error(`bench: decide-to-edge at ${kind}`);
    const { latencies, cpuSeconds } = await latenciesAt(start);
    const parameters = { edge: kind, entries: held, decisions: samples, mean_gap_ms: meanGapMs };
    const latency = quantilesOf(latencies);
    const figure = figureOf(parameters, cpuSeconds);
    figures.push(
      figure('decide_to_edge_p50', latency(0.5), 's'),
      figure('decide_to_edge_p99', latency(0.99), 's'),
      figure('decide_to_edge_max', latency(1), 's'),
      figure('cpu_per_decision', cpuSeconds / samples, 's'),
    );
  }
  return figures;
}

async function latenciesAt(start: (tidegatePort: number) => Promise<Proxy>) {
  const log = createMemoryLog({ trafficPartitions: 2, limitBytes: 1 << 30 });
  const port = await freePort();
  const proxy = await start(port);
  const edges = [{ ...proxy.edge, name: 'edge', dry_run: false }];
  const actuator = await startActuator(contextOf(log), actuatorConfig.parse({ api: { port }, edges }));
  try {
    for (let from = 0; from < held; from += 5000)
      await say(
        log,
        ...Array.from({ length: 5000 }, (_, at) => {
          const index = from + at;
          return verdict(`20.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`);
        }),
      );
    await until('the edge holds all addresses', () => actuator.edges()[0]?.observed === held, 180_000);
    // Once what came of so many at once is done, too.
    await say(log, verdict('198.51.100.1'));
    const isRefused = async () => (await ask(proxy.port, { ip: '198.51.100.1' })).status === 403;
    await until('one more is refused', isRefused, 180_000);
    const latencies: number[] = [];
    const { cpuSeconds } = await timed(async () => {
      const waiting: Promise<void>[] = [];
      for (const [index, gapMs] of gapsMs().entries()) {
        await new Promise((resolve) => setTimeout(resolve, gapMs));
        const ip = `203.0.113.${index + 1}`;
        const startedAt = performance.now();
        await say(log, verdict(ip));
        waiting.push(
          (async () => {
            while ((await ask(proxy.port, { ip })).status !== 403)
              await new Promise((resolve) => setTimeout(resolve, pollMs));
            latencies.push((performance.now() - startedAt) / 1000);
          })(),
        );
      }
      await Promise.all(waiting);
    });
    return { latencies, cpuSeconds };
  } finally {
    await actuator.stop();
    await proxy.stop();
  }
}
