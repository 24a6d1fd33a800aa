import { createHash } from 'node:crypto';
import { base32 } from '../../lib/ids.ts';
import { formatIp, isV4, v4Number } from '../../lib/ip.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import { createTwoGenerationCache } from '../../lib/two-generation-cache.ts';
import { type AddressSummary, emptyFacts, summarise } from './address-facts.ts';
import { type DataSetSource, fileStamp, type LoadedDataSet, loadDataSet, readAhead } from './data-sets.ts';

/** All data sets in use: what is known of an address, now. */
export interface EnrichmentData {
  /** Identifies the contents of all sets; changes when one of them is replaced. */
  snapshot(): string;
  /** Never throws: a set that fails adds nothing and is counted. */
  lookup(ip: Buffer): AddressSummary;
  /** Looks for changed files and takes them into use. Resolves to the number of sets replaced. */
  reload(): Promise<number>;
  loaded(): readonly LoadedDataSet[];
}

/** IPv4 addresses met last, one a slot, in front of the cache: most requests need no key made for it. */
const recentBits = 16;

interface Slot {
  readonly source: DataSetSource;
  current: LoadedDataSet | null;
  /** Stamp of the file that was last tried, so that a damaged one is tried once. */
  tried: string | null;
}

const dayMs = 86_400_000;

/**
 * Opens the data sets. A damaged file is counted and warned about, its facts stay unknown (or as the file before it
 * had them) until a sound one is there: enrichment must not stop detection.
 */
export async function openEnrichmentData(options: {
  readonly sources: readonly DataSetSource[];
  /** Mixed into the snapshot: other tables that decide what is written into records. */
  readonly also: readonly string[];
  readonly remembered: number;
  readonly maxAgeMs: number;
  readonly now: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): Promise<EnrichmentData> {
  const { logger, metrics, now, maxAgeMs } = options;
  const slots: Slot[] = options.sources.map((source) => ({ source, current: null, tried: null }));
  const cache = createTwoGenerationCache<string, AddressSummary>(options.remembered);
  const recentKeys = new Uint32Array(2 ** recentBits);
  const recent = new Array<AddressSummary | null>(2 ** recentBits).fill(null);
  let inOrder: readonly LoadedDataSet[] = [];
  let snapshot = '';

  const use = (): void => {
    const loaded = slots.flatMap(({ current }) => (current === null ? [] : [current]));
    // Sets that ask for the ASN come after those that find it.
    const late = (entry: LoadedDataSet): number => (entry.set.kinds.includes('asn_class') ? 1 : 0);
    inOrder = [...loaded].sort((a, b) => late(a) - late(b));
    const hash = createHash('sha256');
    for (const part of options.also) hash.update(part).update('\0');
    for (const { source, contentId } of loaded)
      hash.update(`${source.name}\0${source.class}\0${source.operator}\0${contentId}\0`);
    snapshot = base32(hash.digest().subarray(0, 10));
    cache.clear();
    recent.fill(null);
  };

  const load = async (slot: Slot): Promise<boolean> => {
    const { source } = slot;
    try {
      const stamp = await fileStamp(source.path);
      if (stamp === slot.tried) return false;
      slot.tried = stamp;
      const loaded = await loadDataSet(source);
      const changed = loaded.contentId !== slot.current?.contentId;
      slot.current = loaded;
      metrics.databaseBuild.set({ database: source.name }, loaded.builtAt / 1000);
      metrics.feedLastSuccess.set({ feed: source.name }, now() / 1000);
      const ageDays = Math.floor((now() - loaded.builtAt) / dayMs);
      const labels = {
        database: source.name,
        entries: loaded.set.entries,
        skipped: loaded.set.skipped,
        age_days: ageDays,
      };
      if (!source.starter && now() - loaded.builtAt > maxAgeMs)
        logger.warn({ labels }, `${source.name} is ${ageDays} days old`);
      else logger.debug({ labels }, 'data set loaded');
      return changed;
    } catch (error) {
      metrics.enrichmentFailures.inc({ provider: source.name });
      const kept = slot.current === null ? 'its facts are unknown' : 'the one before it stays in use';
      logger.warn({ error, labels: { database: source.name } }, `${source.name} could not be read: ${kept}`);
      return false;
    }
  };

  readAhead(options.sources);
  for (const slot of slots) await load(slot);
  use();
  const starters = slots.filter(({ source }) => source.starter);
  if (starters.length > 0) {
    const oldest = Math.min(...starters.map(({ current }) => current?.builtAt ?? now()));
    logger.warn(
      `${starters.length} starter data sets in use (demo only): the oldest is ${Math.floor((now() - oldest) / dayMs)} days old; configure enricher.data_sets for production`,
    );
  }

  const remembered = (ip: Buffer): AddressSummary => {
    const key = ip.toString('latin1');
    const known = cache.get(key);
    if (known !== undefined) return known;
    const address = { ip, text: formatIp(ip) };
    const facts = emptyFacts();
    for (const { source, set } of inOrder) {
      try {
        set.lookup(address, facts);
      } catch {
        metrics.enrichmentFailures.inc({ provider: source.name });
      }
    }
    const summary = summarise(facts);
    cache.set(key, summary);
    return summary;
  };

  return {
    snapshot: () => snapshot,
    loaded: () => slots.flatMap(({ current }) => (current === null ? [] : [current])),
    lookup(ip) {
      if (!isV4(ip)) return remembered(ip);
      const key = v4Number(ip);
      const slot = Math.imul(key, 0x9e3779b1) >>> (32 - recentBits);
      const known = recent[slot]!;
      if (known !== null && recentKeys[slot] === key) return known;
      const summary = remembered(ip);
      recentKeys[slot] = key;
      recent[slot] = summary;
      return summary;
    },
    async reload() {
      let replaced = 0;
      for (const slot of slots) if (await load(slot)) replaced++;
      if (replaced > 0) {
        use();
        logger.info({ labels: { replaced, snapshot } }, 'enrichment data replaced');
      }
      return replaced;
    },
  };
}
