import type { DeadLetter } from '../contracts/generated.ts';
import type { TopicName } from '../contracts/topics.ts';
import type { Metrics } from '../observability/metrics.ts';
import { deadLetterRecord, makeDeadLetter, unknownSite } from './dead-letter.ts';
import type { LogBatch, LogProducer, LogRecord, Outgoing } from './log.ts';
import type { StepOutput } from './step.ts';

/** `topic[partition]@offset`, as dead letters name a place. */
export function positionText(topic: string, partition: number, offset: number): string {
  return `${topic}[${partition}]@${offset}`;
}

/** The site a record speaks of, for its dead letter. */
function siteOf(record: LogRecord): string {
  const value: object = record.value;
  if ('site' in value && typeof value.site === 'string') return value.site;
  if ('request' in value) return (value.request as { readonly site: string }).site;
  return unknownSite;
}

/** Binary fields as hex: the default shape of a Buffer in JSON hides what it was. */
function recordText(record: LogRecord): string {
  return JSON.stringify(record.value, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer'
      ? Buffer.from((value as unknown as { data: number[] }).data).toString('hex')
      : value,
  );
}

/** Dead letter for a record on which a step threw. */
export function bugDeadLetter(step: string, record: LogRecord, error: unknown, at: number): DeadLetter {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return makeDeadLetter({
    step,
    site: siteOf(record),
    sourceId: record.topic,
    position: positionText(record.topic, record.partition, record.offset),
    reason: 'bug',
    detail,
    original: recordText(record),
    at,
  });
}

/** Acknowledges everything that follows from a batch: its outputs, its dead letters, and what could not be decoded. */
export interface Delivery {
  deliver<T extends TopicName>(batch: LogBatch<T>, output: StepOutput): Promise<void>;
}

export function createDelivery(options: {
  readonly producer: LogProducer;
  readonly step: string;
  readonly group: string;
  readonly metrics: Metrics;
  readonly now: () => number;
}): Delivery {
  const { producer, step, group, metrics, now } = options;
  return {
    deliver: async (batch, output) => {
      const { topic, partition } = batch;
      let outgoing: readonly Outgoing[] = output.outputs;
      if (output.deadLetters.length > 0 || batch.undecodable.length > 0) {
        const letters = [
          ...output.deadLetters,
          ...batch.undecodable.map(({ offset, detail, bytes }) =>
            makeDeadLetter({
              step,
              site: unknownSite,
              sourceId: topic,
              position: positionText(topic, partition, offset),
              reason: 'undecodable',
              detail,
              original: bytes,
              at: now(),
            }),
          ),
        ];
        for (const { reason } of letters) metrics.deadLetters.inc({ step, reason });
        outgoing = [...output.outputs, ...letters.map(deadLetterRecord)];
      }
      if (outgoing.length > 0) await producer.send(outgoing);
      metrics.consumerLag.set(
        { group, topic, partition: String(partition) },
        Math.max(0, batch.highWatermark - batch.nextOffset),
      );
    },
  };
}

/** Part of a batch: only the records from `from` up to but not including `to`. */
export function cutBatch<T extends TopicName>(batch: LogBatch<T>, from: number, to: number): LogBatch<T> {
  return {
    ...batch,
    records: batch.records.filter(({ offset }) => offset >= from && offset < to),
    undecodable: batch.undecodable.filter(({ offset }) => offset >= from && offset < to),
    nextOffset: Math.min(batch.nextOffset, to),
  };
}
