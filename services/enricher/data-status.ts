import { loadBrowserReleases } from './browser-releases.ts';
import type { EnricherConfig } from './config.ts';
import { dataSetSources, loadDataSet } from './data-sets.ts';

/** One data set, for people and scripts. */
export interface DataSetStatus {
  readonly name: string;
  readonly format: string | null;
  readonly entries: number | null;
  readonly age_days: number | null;
  /** ISO date. */
  readonly built_at: string | null;
  readonly starter: boolean;
  readonly source: string | null;
  readonly licence: string | null;
  readonly attribution: string | null;
  readonly path: string;
  /** What a person should do something about, or null. */
  readonly warning: string | null;
}

const dayMs = 86_400_000;

function ageWarning(ageDays: number, starter: boolean, maxAgeMs: number): string | null {
  if (starter) return `starter data, demo only, ${ageDays} days old: configure enricher.data_sets`;
  return ageDays * dayMs > maxAgeMs ? `${ageDays} days old: fetch a newer one` : null;
}

/** Reads every configured and shipped data set; a damaged or missing one is a row with its reason. */
export async function dataStatus(
  config: EnricherConfig,
  now: number = Date.now(),
): Promise<readonly DataSetStatus[]> {
  const rows: DataSetStatus[] = [];
  for (const source of dataSetSources(config)) {
    const row = (
      found: Pick<DataSetStatus, 'format' | 'entries' | 'age_days' | 'built_at' | 'warning'>,
    ): DataSetStatus => ({
      name: source.name,
      age_days: found.age_days,
      built_at: found.built_at,
      entries: found.entries,
      format: found.format,
      starter: source.starter,
      licence: source.licence,
      source: source.source,
      attribution: source.attribution,
      path: source.path,
      warning: found.warning,
    });
    try {
      const { format, set, builtAt } = await loadDataSet(source);
      const ageDays = Math.max(0, Math.floor((now - builtAt) / dayMs));
      rows.push(
        row({
          format,
          entries: set.entries,
          age_days: ageDays,
          built_at: new Date(builtAt).toISOString().slice(0, 10),
          warning: ageWarning(ageDays, source.starter, config.max_age),
        }),
      );
    } catch (error) {
      const warning = error instanceof Error ? error.message : String(error);
      rows.push(row({ format: null, entries: null, age_days: null, built_at: null, warning }));
    }
  }
  const releases = loadBrowserReleases();
  const ageDays = Math.max(0, Math.floor((now - releases.builtAt) / dayMs));
  rows.push({
    name: 'browser-releases',
    age_days: ageDays,
    built_at: new Date(releases.builtAt).toISOString().slice(0, 10),
    entries: releases.size,
    format: 'json',
    starter: true,
    licence: 'CC-BY-4.0',
    source: releases.source,
    attribution: 'caniuse.com, https://caniuse.com',
    path: releases.path,
    warning: ageDays > 180 ? `${ageDays} days old: newer browsers have no age` : null,
  });
  return rows;
}
