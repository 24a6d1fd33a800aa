import type { Logger } from '../../../lib/observability/logger.ts';
import type { RootConfig } from '../../config.ts';
import { noAcceptLanguage, stopNobody, stopTarget } from './constants.ts';
import type { EvaluatedDetector } from './detector.ts';
import { createTidegate } from './tidegate.ts';

export const constants: readonly EvaluatedDetector[] = [stopTarget, stopNobody, noAcceptLanguage];

export const detectorNames: readonly string[] = ['tidegate', ...constants.map(({ name }) => name)];

export function createDetector(name: string, config: RootConfig, logger: Logger): EvaluatedDetector {
  return constants.find((one) => one.name === name) ?? createTidegate(config, logger);
}
