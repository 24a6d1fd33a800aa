import { existsSync } from 'node:fs';
import { ConfigError } from '../../lib/config.ts';
import { sipHash64, sipKey } from '../../lib/hash/siphash.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import { consumeStateless } from '../../lib/log/consume.ts';
import { readDocuments } from '../../lib/path/api-catalogue.ts';
import { routesOfEndpoints } from '../../lib/path/openapi.ts';
import { createOperations } from '../../lib/path/operations.ts';
import type { Route } from '../../lib/path/route-trie.ts';
import { createTemplater } from '../../lib/path/template.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { loadBrowserReleases } from './browser-releases.ts';
import { createClientTraits } from './client-traits.ts';
import type { EnricherConfig } from './config.ts';
import { dataSetSources } from './data-sets.ts';
import { createDuplicateFilter } from './duplicate-filter.ts';
import { openEnrichmentData } from './enrichment-data.ts';
import { createEnrichStep } from './pipeline.ts';

/** Configured routes, then those of the OpenAPI documents. Throws ConfigError with all problems. */
export function endpointRoutes(config: EnricherConfig): Route[] {
  const routes: Route[] = config.routes.map(({ route, hosts }) => {
    const space = route.indexOf(' ');
    return {
      method: space < 0 ? '*' : route.slice(0, space),
      template: route.slice(space + 1),
      hosts: hosts.map((host) => host.toLowerCase()),
      documented: false,
    };
  });
  const documented = readDocuments(config.openapi, 'enricher.openapi');
  const missing = config.data_sets.filter(({ path }) => !existsSync(path));
  const problems = [
    ...documented.problems,
    ...missing.map(({ path }) => `enricher.data_sets: ${path}: no such file`),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return [...routes, ...routesOfEndpoints(documented.endpoints)];
}

/**
 * Starts the enricher: requests.raw to requests.enriched, group `tidegate.enricher`. Rejects with ConfigError when a
 * configured file is missing or an OpenAPI document is none.
 */
export async function startEnricher(
  context: ServiceContext,
  config: EnricherConfig,
): Promise<RunningService> {
  const { log, logger, metrics, now } = context;
  const key = sipKey(context.secret);
  const routes = endpointRoutes(config);
  const releases = loadBrowserReleases();
  const data = await openEnrichmentData({
    sources: dataSetSources(config),
    also: [releases.source],
    remembered: config.cache.addresses,
    maxAgeMs: config.max_age,
    now,
    logger,
    metrics,
  });
  metrics.stateLimit.set({ table: 'endpoints_per_host' }, config.endpoints_per_host);
  const step = createEnrichStep({
    key,
    template: createTemplater({
      routes,
      functions: config.functions,
      hash: (value) => sipHash64(key, value),
      perHost: config.endpoints_per_host,
      cached: config.cache.paths,
      onFull: () => metrics.stateEvictions.inc({ table: 'endpoints_per_host' }),
    }),
    operations: createOperations({
      endpoints: config.operations,
      functions: config.functions,
      onFull: () => metrics.stateEvictions.inc({ table: 'operations_per_endpoint' }),
    }),
    address: data.lookup,
    traits: createClientTraits(releases, config.cache.user_agents),
    snapshot: data.snapshot,
    outcomes: config.outcomes,
    duplicates: createDuplicateFilter(config.duplicate_window, key),
    onDuplicate: () => metrics.duplicates.inc({ step: 'enricher' }),
  });
  const consumption = await consumeStateless({
    log,
    group: 'tidegate.enricher',
    topics: ['requests.raw'],
    step,
    logger,
    metrics,
    now,
  });

  let reloading: Promise<unknown> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    reloading = data
      .reload()
      .catch((error: unknown) => logger.error({ error }, 'data sets could not be checked'))
      .finally(() => {
        busy = false;
      });
  }, config.reload_every);
  timer.unref();

  let stopping: Promise<void> | null = null;
  return {
    name: 'enricher',
    notReady: () => (consumption.ready() ? null : 'not yet a member of its consumer group'),
    done: consumption.done,
    stop() {
      stopping ??= (async () => {
        clearInterval(timer);
        await consumption.close();
        await reloading;
      })();
      return stopping;
    },
  };
}
