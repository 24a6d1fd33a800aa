import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatEvent } from '../generate/format.ts';
import { openLineWriter } from '../line-writer.ts';
import type { Case } from './evaluation.ts';
import { defaultParameters, type Parameters } from './parameters.ts';
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
    events: `${name}.${scenario.format === 'ndjson' ? 'ndjson' : 'log'}`,
    labels: `${name}.labels.ndjson`,
  };
  const events = openLineWriter(written.events);
  const labels = openLineWriter(written.labels);
  const traffic = scenarioTraffic(
    scenario,
    population,
    { ...defaultParameters, ...scenario.parameters, ...parameters },
    seed,
  );
  for (const { event, label } of traffic.events()) {
    const full = events.write(formatEvent(event, scenario.format));
    if (full !== undefined) await full;
    const labelsFull = labels.write(JSON.stringify(label));
    if (labelsFull !== undefined) await labelsFull;
  }
  await events.close();
  await labels.close();
  return written;
}
