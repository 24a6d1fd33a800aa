import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeLabelled } from '../generate/write-labelled.ts';
import type { Case } from './evaluation.ts';
import type { Parameters } from './parameters.ts';
import { parametersFor } from './scenario.ts';
import { scenarioTraffic } from './scenario-traffic.ts';

/** A case as files, for `tidegate replay EVENTS --labels LABELS` and for looking at. */
export interface WrittenCase {
  readonly events: string;
  readonly labels: string;
}

/** Writes the traffic of a case and seed, and the truth about it, into the folder. */
export async function writeTraffic(
  { scenario, population }: Case,
  seed: number,
  parameters: Partial<Parameters>,
  folder: string,
): Promise<WrittenCase> {
  mkdirSync(folder, { recursive: true });
  const name = join(folder, `${scenario.name}.${population.name}.${seed}`);
  const written: WrittenCase = {
    events: `${name}.${scenario.format === 'combined' ? 'log' : 'ndjson'}`,
    labels: `${name}.labels.ndjson`,
  };
  const traffic = scenarioTraffic(scenario, population, parametersFor(scenario, parameters), seed);
  await writeLabelled(traffic.events(), scenario.format, written);
  return written;
}
