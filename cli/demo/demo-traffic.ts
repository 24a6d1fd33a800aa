import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import type { EventLabel } from '../generate/event.ts';
import type { Incident } from '../generate/scenarios.ts';
import { generateTraffic, incidentsOf } from '../generate/traffic.ts';

export interface DemoTraffic {
  readonly file: string;
  readonly events: number;
  readonly labels: ReadonlyMap<string, EventLabel>;
  readonly incidents: readonly Incident[];
}

/** Writes the showcase as NDJSON, as a shipper would; the labels never enter the file. */
export async function writeDemoTraffic(options: {
  readonly file: string;
  readonly seed: number;
  readonly startMs: number;
  readonly durationMs: number;
  onProgress(share: number, events: number): void;
}): Promise<DemoTraffic> {
  const { file, startMs, durationMs } = options;
  const traffic = { scenario: 'showcase' as const, seed: options.seed, startMs, durationMs };
  const stream = createWriteStream(file);
  const labels = new Map<string, EventLabel>();
  let lines: string[] = [];
  for (const { event, label } of generateTraffic(traffic)) {
    lines.push(JSON.stringify(event));
    labels.set(label.event_id, label);
    if (lines.length === 2000) {
      const flushed = stream.write(`${lines.join('\n')}\n`);
      lines = [];
      options.onProgress((event.timestamp - startMs) / durationMs, labels.size);
      if (flushed) await breathe();
      else await once(stream, 'drain');
    }
  }
  stream.end(lines.length > 0 ? `${lines.join('\n')}\n` : '');
  await once(stream, 'finish');
  return { file, events: labels.size, labels, incidents: incidentsOf(traffic) };
}
