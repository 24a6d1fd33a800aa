import type { EnrichedRequest, KeyedFrame, KeyedRecord } from '../../../lib/contracts/generated.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { partitionOf } from '../../../lib/log/partitioner.ts';
import { aggregateLayoutHash, paneMs } from '../layout.ts';
import type { RequestFacts } from '../state/request-facts.ts';

interface OpenPane {
  readonly firstOffset: number;
  readonly partitions: KeyedRecord[][];
}

const nothing = { first_offset: null, last_offset: null };

/** Records of one frame; about 100 bytes each. */
const recordsPerFrame = 4000;

export interface KeyedOutboxState {
  readonly closedUntil: number;
  /** start, offset of its first request, records by partition */
  readonly panes: readonly (readonly [number, number, readonly (readonly KeyedRecord[])[]])[];
}

/**
 * Requests on their way to the partition of their account, pane by pane. As with PaneFrames: a frame says that every
 * pane of this source up to `watermark_at` is closed, those not sent were empty, and a repeat is the same bytes.
 */
export class KeyedOutbox {
  readonly #source: number;
  readonly #sources: number;
  readonly #targets: number;
  /** By pane start. */
  readonly #panes: Map<number, OpenPane>;
  #closedUntil: number;

  constructor(source: number, sources: number, targets: number, state?: KeyedOutboxState) {
    this.#source = source;
    this.#sources = sources;
    this.#targets = targets;
    this.#closedUntil = state?.closedUntil ?? -Infinity;
    this.#panes = new Map(
      state?.panes.map(([start, firstOffset, partitions]) => [
        start,
        { firstOffset, partitions: partitions.map((records) => [...records]) },
      ]),
    );
  }

  add(
    event: EnrichedRequest,
    offset: number,
    facts: RequestFacts,
    account: string,
    flags: number,
    policies: readonly string[],
  ): void {
    const { request } = event;
    const start = request.timestamp - (request.timestamp % paneMs);
    if (start < this.#closedUntil) return;
    let pane = this.#panes.get(start);
    if (pane === undefined) {
      pane = { firstOffset: offset, partitions: Array.from({ length: this.#targets }, () => []) };
      this.#panes.set(start, pane);
    }
    pane.partitions[partitionOf(`${request.site}|${account}`, this.#targets)]!.push({
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

  /**
   * Sends every pane before `until`, and one empty frame for the last one where it holds nothing. `offset`: of the tick
   * that says so.
   */
  advance(until: number, closing: boolean, offset: number, outputs: Outgoing[]): void {
    if (until === -Infinity || (until <= this.#closedUntil && !closing)) return;
    this.#closedUntil = Math.max(until, this.#closedUntil);
    const due = [...this.#panes.keys()].filter((start) => start < until).sort((a, b) => a - b);
    for (let partition = 0; partition < this.#targets; partition++) {
      let last = -Infinity;
      for (const start of due) {
        const { firstOffset, partitions } = this.#panes.get(start)!;
        const records = partitions[partition]!;
        if (records.length === 0) continue;
        last = start;
        const range = { first_offset: firstOffset, last_offset: offset };
        this.#send(partition, start, records, closing && start + paneMs === until, range, outputs);
      }
      if (last !== until - paneMs) this.#send(partition, until - paneMs, [], closing, nothing, outputs);
    }
    for (const start of due) this.#panes.delete(start);
  }

  #send(
    partition: number,
    start: number,
    records: readonly KeyedRecord[],
    closing: boolean,
    range: Pick<KeyedFrame, 'first_offset' | 'last_offset'>,
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
          ...range,
        },
      });
  }

  snapshot(): KeyedOutboxState {
    return {
      closedUntil: this.#closedUntil,
      panes: [...this.#panes].map(([start, pane]) => [start, pane.firstOffset, pane.partitions] as const),
    };
  }
}
