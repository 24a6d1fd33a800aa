import type { RunningService } from '../../../lib/lifecycle.ts';
import { dataSetSources, readAhead } from '../../../services/enricher/data-sets.ts';
import { startEnricher } from '../../../services/enricher/main.ts';
import { enrichInput } from './enrich-input.ts';
import type { Front, FrontConfig } from './front.ts';
import { createStopping } from './stopping.ts';

/** In this thread, on the log that detection reads. */
export function createFrontHere(config: FrontConfig): Front {
  let enricher: RunningService | null = null;
  const stopping = createStopping();
  readAhead(dataSetSources(config.enricher));
  return {
    run: async (context, input) => {
      enricher = await startEnricher(context, config.enricher);
      return enrichInput(context, config, enricher, { ...input, signal: stopping.with(input.signal) });
    },
    stop: async () => {
      stopping.now();
      await enricher?.stop();
    },
  };
}
