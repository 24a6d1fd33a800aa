import { dataStatus } from '../services/enricher/data-status.ts';
import type { RootConfig } from './config.ts';

/** What the licences of the data sets in use ask a page that shows results to say, with its link. */
export async function attributionsOf(config: RootConfig): Promise<{ text: string; url: string }[]> {
  const seen = new Map<string, string>();
  for (const { attribution } of await dataStatus(config.enricher)) {
    const url = /https?:\/\/[^\s,]+/.exec(attribution ?? '')?.[0];
    if (attribution !== null && url !== undefined)
      seen.set(url, attribution.replace(url, '').replace(/[,\s]+$/, ''));
  }
  return [...seen].map(([url, text]) => ({ text, url }));
}
