import type { RunningService } from '../lib/lifecycle.ts';
import type { ServiceContext } from '../lib/service-context.ts';
import { startDetector } from '../services/detector/main.ts';
import { apiCatalogueOf } from './api-catalogue.ts';
import type { RootConfig } from './config.ts';
import { liveDetectorConfig } from './detector-config.ts';

/** The detector as it runs beside live edges, alone or with every other service in one process. */
export async function startLiveDetector(
  context: ServiceContext,
  config: RootConfig,
): Promise<RunningService> {
  return startDetector(context, liveDetectorConfig(config), {
    api: apiCatalogueOf(config),
    followPolicies: true,
  });
}
