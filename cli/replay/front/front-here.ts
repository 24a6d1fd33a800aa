import type { RunningService } from '../../../lib/lifecycle.ts';
import { dataSetSources, readAhead } from '../../../services/enricher/data-sets.ts';
import { startEnricher } from '../../../services/enricher/main.ts';
import { enrichInput } from './enrich-input.ts';
import type { Front, FrontConfig } from './front.ts';

/** In this thread, on the log that detection reads. */
export function createFrontHere(config: FrontConfig): Front {
  let enricher: RunningService | null = null;
  readAhead(dataSetSources(config.enricher));
  return {
    run: async (context, input) => {
      enricher = await startEnricher(context, config.enricher);
      return enrichInput(context, config, enricher, input);
    },
    stop: async () => {
      await enricher?.stop();
    },
  };
}
