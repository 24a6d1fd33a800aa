import type { Metrics } from '../../lib/observability/metrics.ts';
import { dataSetSources } from '../../services/enricher/data-sets.ts';
import type { RootConfig } from '../config.ts';

const dayMs = 86_400_000;

/** The data sets that enrichment used, in a line or two, with the age of the oldest. */
export async function enrichmentInUse(
  metrics: Metrics,
  config: RootConfig,
  now: number = Date.now(),
): Promise<readonly string[]> {
  const ages = new Map<string, number>();
  for (const { labels, value } of (await metrics.databaseBuild.get()).values)
    ages.set(String(labels.database), Math.floor((now - value * 1000) / dayMs));
  const describe = (starter: boolean): string | null => {
    const names = dataSetSources(config.enricher)
      .filter((source) => source.starter === starter && ages.has(source.name))
      .map(({ name }) => name);
    if (names.length === 0) return null;
    const oldest = Math.max(...names.map((name) => ages.get(name)!));
    const shown =
      names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} lists` : names.join(', ');
    return `${shown} (${starter ? 'starter data, demo only; ' : ''}up to ${oldest} d old)`;
  };
  const lines = [describe(false), describe(true)].filter((line) => line !== null);
  return lines.length === 0 ? ['none: country and network are unknown'] : lines;
}
