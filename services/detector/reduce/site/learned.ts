import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ConfigError } from '../../../../lib/config.ts';
import { aggregateLayoutHash } from '../../layout.ts';
import { type Baseline, bucketMs, rateKey, restarted } from './baseline.ts';
import { restoreSite, type SiteSnapshot, snapshotSite } from './site-snapshot.ts';
import type { SiteState } from './site-state.ts';

/** What was learned of a site elsewhere, to begin with instead of nothing: the same log, the week before. */
export interface LearnedSite {
  readonly site: string;
  /** Requests' time up to which it was learned, epoch ms. */
  readonly until: number;
  readonly state: SiteSnapshot;
}

const magic = Buffer.from('tidegate baseline 1\n');

/** One file for all sites: a line that says what it is, then the compressed content. */
export function encodeLearned(sites: readonly LearnedSite[]): Buffer {
  return Buffer.concat([magic, gzipSync(serialize({ layout: aggregateLayoutHash, sites }), { level: 5 })]);
}

/** Throws ConfigError when it is no such file, damaged, or was learned by a version that counts otherwise. */
export function decodeLearned(bytes: Buffer, name: string): LearnedSite[] {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw new ConfigError([
      `${name}: not a baseline file (make one with tidegate baseline --from LOG --out FILE)`,
    ]);
  let content: { readonly layout: string; readonly sites: LearnedSite[] };
  try {
    content = deserialize(gunzipSync(bytes.subarray(magic.length)));
  } catch (error) {
    throw new ConfigError([`${name}: damaged: ${error instanceof Error ? error.message : String(error)}`]);
  }
  if (content.layout !== aggregateLayoutHash)
    throw new ConfigError([`${name}: learned by another version of Tidegate; learn it again`]);
  return content.sites;
}

/** What a reducer knows of a site now, without what is going on. */
export function learnedOf(state: SiteState, until: number): LearnedSite {
  return {
    site: state.site,
    until,
    state: snapshotSite({
      ...state,
      campaigns: new Map(),
      before: new Map(),
      clients: new Map(),
      learned: new Map(),
    }),
  };
}

/** Gives a site that was just met what is known of it; `at`: the time of its first pane here. */
export function warm(state: SiteState, { until, state: stored }: LearnedSite, at: number): SiteState {
  const { scopes, pools, mix } = restoreSite(stored);
  const learned = new Map<string, Baseline>();
  for (const [id, { baseline }] of scopes) learned.set(id, restarted(baseline, until, at));
  for (const pool of pools.values()) {
    pool.early = null;
    // as old as it was then
    pool.halvedAt = pool.halvedAt === null ? null : at - Math.max(0, until - pool.halvedAt);
  }
  return { ...state, pools, mix, learned };
}

/** What a person wants to know of it. */
export interface LearnedSummary {
  readonly site: string;
  readonly until: number;
  readonly endpoints: number;
  /** How long the oldest endpoint was watched, ms. */
  readonly learnedMs: number;
  /** Busiest endpoints first. Rates are requests per second over ten seconds. */
  readonly rates: readonly {
    readonly endpoint: string;
    readonly p50: number;
    readonly p99: number;
    readonly seconds: number;
  }[];
}

export function summaryOf({ site, until, state }: LearnedSite): LearnedSummary {
  const scopes = [...restoreSite(state).scopes.values()].filter(({ scope }) => scope.kind === 'endpoint');
  const rates = scopes.flatMap(({ scope, baseline }) => {
    const histogram = baseline.histograms.get(rateKey);
    return histogram === undefined
      ? []
      : [
          {
            endpoint: scope.key,
            p50: histogram.quantile(0.5) ?? 0,
            p99: histogram.quantile(0.99) ?? 0,
            seconds: (histogram.total * bucketMs) / 1000,
          },
        ];
  });
  return {
    site,
    until,
    endpoints: scopes.length,
    learnedMs: scopes.reduce((most, { baseline }) => Math.max(most, until - baseline.startedAt), 0),
    rates: rates.sort((a, b) => b.p50 - a.p50 || (a.endpoint < b.endpoint ? -1 : 1)),
  };
}
