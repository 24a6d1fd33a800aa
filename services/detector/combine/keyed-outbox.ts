import type { EnrichedRequest, KeyedRecord } from '../../../lib/contracts/generated.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { partitionOf } from '../../../lib/log/partitioner.ts';
import { aggregateLayoutHash, paneMs } from '../layout.ts';
import type { RequestFacts } from '../state/request-facts.ts';

/** Records of one frame; about 100 bytes each. */
const recordsPerFrame = 4000;

export interface KeyedOutboxState {
  readonly closedUntil: number;
  readonly panes: readonly (readonly [number, readonly (readonly KeyedRecord[])[]])[];
}

/**
 * Requests on their way to the partition of their account, pane by pane. As with PaneFrames: a frame says that every
 * pane of this source up to `watermark_at` is closed, those not sent were empty, and a repeat is the same bytes.
 */
export class KeyedOutbox {
  readonly #source: number;
  readonly #sources: number;
  readonly #targets: number;
  /** By pane start, then partition. */
  readonly #panes: Map<number, KeyedRecord[][]>;
  #closedUntil: number;

  constructor(source: number, sources: number, targets: number, state?: KeyedOutboxState) {
    this.#source = source;
    this.#sources = sources;
    this.#targets = targets;
    this.#closedUntil = state?.closedUntil ?? -Infinity;
    this.#panes = new Map(
      state?.panes.map(([start, partitions]) => [start, partitions.map((records) => [...records])]),
    );
  }

  add(
    event: EnrichedRequest,
    facts: RequestFacts,
    account: string,
    flags: number,
    policies: readonly string[],
  ): void {
    const { request } = event;
    const start = request.timestamp - (request.timestamp % paneMs);
    if (start < this.#closedUntil) return;
    let partitions = this.#panes.get(start);
    if (partitions === undefined) {
      partitions = Array.from({ length: this.#targets }, () => []);
      this.#panes.set(start, partitions);
    }
    partitions[partitionOf(`${request.site}|${account}`, this.#targets)]!.push({
      site: request.site,
      policies,
      key: account,
      at: request.timestamp,
      flags,
      client: Buffer.from(event.hashes.subarray(lanes.client, lanes.client + 8)),
      target: facts.target ^ facts.endpointLo,
      known: request.status !== null || request.outcome !== 'unknown',
    });
  }

  /** Starts of the panes that hold something. */
  open(): Iterable<number> {
    return this.#panes.keys();
  }

  /** Sends every pane before `until`, and one empty frame for the last one where it holds nothing. */
  advance(until: number, closing: boolean, outputs: Outgoing[]): void {
    if (until === -Infinity || (until <= this.#closedUntil && !closing)) return;
    this.#closedUntil = Math.max(until, this.#closedUntil);
    const due = [...this.#panes.keys()].filter((start) => start < until).sort((a, b) => a - b);
    for (let partition = 0; partition < this.#targets; partition++) {
      let last = -Infinity;
      for (const start of due) {
        const records = this.#panes.get(start)![partition]!;
        if (records.length === 0) continue;
        last = start;
        this.#send(partition, start, records, closing && start + paneMs === until, outputs);
      }
      if (last !== until - paneMs) this.#send(partition, until - paneMs, [], closing, outputs);
    }
    for (const start of due) this.#panes.delete(start);
  }

  #send(
    partition: number,
    start: number,
    records: readonly KeyedRecord[],
    closing: boolean,
    outputs: Outgoing[],
  ): void {
    const parts = Math.max(1, Math.ceil(records.length / recordsPerFrame));
    for (let part = 0; part < parts; part++)
      outputs.push({
        topic: 'keyed',
        key: null,
        partition,
        type: 'KeyedFrame',
        value: {
          source_partition: this.#source,
          sources: this.#sources,
          pane_start_at: start,
          pane_ms: paneMs,
          part,
          parts,
          layout_hash: aggregateLayoutHash,
          watermark_at: start + paneMs,
          closing: closing && part === parts - 1,
          records: records.slice(part * recordsPerFrame, (part + 1) * recordsPerFrame),
        },
      });
  }

  snapshot(): KeyedOutboxState {
    return { closedUntil: this.#closedUntil, panes: [...this.#panes] };
  }
}
