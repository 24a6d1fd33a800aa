import { openLineWriter } from '../line-writer.ts';
import type { LabelledEvent } from './event.ts';
import { formatEvent, type OutputFormat } from './format.ts';

/** There is nobody in made-up traffic who would have to be protected. */
const forAll = 0o666;

/** Writes events a line each, and the truth about them in the same order if it is wanted. */
export async function writeLabelled(
  labelled: Iterable<LabelledEvent>,
  format: OutputFormat,
  to: { readonly events: string; readonly labels: string | null },
): Promise<void> {
  const events = openLineWriter(to.events, forAll);
  const labels = to.labels === null ? null : openLineWriter(to.labels, forAll);
  for (const { event, label } of labelled) {
    const full = events.write(formatEvent(event, format));
    if (full !== undefined) await full;
    const labelsFull = labels?.write(JSON.stringify(label));
    if (labelsFull !== undefined) await labelsFull;
  }
  await events.close();
  await labels?.close();
}
