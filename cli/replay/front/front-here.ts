import type { RunningService } from '../../../lib/lifecycle.ts';
import { collectFiles } from '../../../services/collector/collect-files.ts';
import { dataSetSources, readAhead } from '../../../services/enricher/data-sets.ts';
import { startEnricher } from '../../../services/enricher/main.ts';
import type { Front, FrontConfig } from './front.ts';

/** In this thread. The result may come before the last requests are enriched: the log says when they are. */
export function createFrontHere(config: FrontConfig): Front {
  let enricher: RunningService | null = null;
  readAhead(dataSetSources(config.enricher));
  return {
    run: async (context, input) => {
      enricher = await startEnricher(context, config.enricher);
      const failed = enricher.done.then(() => new Promise<never>(() => {}));
      return Promise.race([
        collectFiles(context, config.collector, { ...input, sites: config.sites }),
        failed,
      ]);
    },
    stop: async () => {
      await enricher?.stop();
    },
  };
}
