import { failureOf, type RunningService } from '../../../lib/lifecycle.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import { type CollectResult, collectFiles } from '../../../services/collector/collect-files.ts';
import { drained, groupReader } from '../readers.ts';
import type { FrontConfig, FrontInput } from './front.ts';

/** Input to its end through the collector and a running enricher, both on the log of the context. */
export async function enrichInput(
  context: ServiceContext,
  config: FrontConfig,
  enricher: RunningService,
  input: FrontInput,
): Promise<CollectResult> {
  const reading = async (): Promise<CollectResult> => {
    const collected = await collectFiles(context, config.collector, { ...input, sites: config.sites });
    await drained(context.log, [groupReader(context.log, 'tidegate.enricher', 'requests.raw')]);
    return collected;
  };
  return Promise.race([reading(), failureOf(enricher.done)]);
}
