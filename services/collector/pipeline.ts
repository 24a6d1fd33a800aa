import type { RequestEvent } from '../../lib/contracts/generated.ts';
import { deadLetterRecord, makeDeadLetter } from '../../lib/log/dead-letter.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type { Outcome, RejectReason } from '../../lib/outcome.ts';
import { cleanHost } from './clean-text.ts';
import type { ClientAddressResolver } from './client-address.ts';
import { type ClockOptions, createClock } from './clock.ts';
import { deriveEventId } from './event-ids.ts';
import type { Outbox } from './outbox.ts';
import type { ParsedRequest } from './parsed-request.ts';
import type { Redactor } from './privacy.ts';
import { defaultSite, type Sites } from './sites.ts';

/** One line or batch entry, with where it came from: for ids, dead letters and messages. */
export interface Input {
  readonly outcome: Outcome<ParsedRequest>;
  /** As received; dead letters keep it masked. */
  readonly original: string | Uint8Array;
  /** When `original` is only the start of it: its true size. */
  readonly originalBytes: number | null;
  /** Line in the file, or index in the batch; from 1. */
  readonly line: number;
  /** Of a file: its place among the lines that say something, from 0. */
  readonly place?: number;
  /** File or batch. */
  readonly origin: string;
  /** What the id of an event that brings none is derived from: source or batch, place in it, content. */
  readonly idScope: string;
  readonly idPosition: number;
  readonly idContent: string;
  /** Told when this input is refused; of a live source before `take` returns. */
  readonly onRefused: ((reason: RejectReason, detail: string) => void) | null;
}

/** Everything of one source class goes through one intake. */
export interface Intake {
  take(input: Input): void;
  /** Nothing more for now. `followWall`: time goes on with the wall clock. */
  idle(followWall: boolean): void;
  /** Decides what is held, sends the closing tick. */
  end(): void;
  /** Resolves when everything taken so far is acknowledged by the log. */
  flush(): Promise<void>;
  /** Records not yet handed to the log. */
  readonly waiting: number;
  /** Inputs that the clock has not decided about: no position behind them may be saved. */
  readonly holding: number;
  readonly tally: Tally;
}

export interface Tally {
  accepted: number;
  rejected: number;
  late: number;
  future: number;
}

export interface IntakeObserver {
  /** In the order of input. */
  accepted?(event: RequestEvent, input: Input): void;
  refused?(reason: RejectReason, detail: string, input: Input): void;
}

export interface IntakeOptions {
  readonly sourceId: string;
  readonly sourceClass: string;
  readonly clock: ClockOptions;
  readonly defaultHost: string;
  readonly collectorId: string;
  readonly partitions: number;
  /** The key that places a client's records; null where there is one place. */
  readonly keyOf: (site: string, ip: Buffer) => string | null;
  readonly sites: Sites;
  readonly clientAddress: ClientAddressResolver;
  readonly redact: Redactor;
  readonly outbox: Outbox;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly observer?: IntakeObserver;
}

/**
 * The flow: outcome of parsing → judged by the class clock → client found behind proxies → redacted → requests.raw,
 * or → dead-letters. Synchronous; only `flush` waits.
 */
export function createIntake(options: IntakeOptions): Intake {
  const { sourceId, outbox, sites, redact, now, observer, metrics } = options;
  const tally: Tally = { accepted: 0, rejected: 0, late: 0, future: 0 };
  const report = createMetricsReport(metrics, sourceId, tally);

  let newest: number | null = null;
  let watermarkAt: number | null = null;

  const refuse = (reason: RejectReason, detail: string, input: Input): void => {
    if (reason === 'late' || reason === 'future') tally[reason]++;
    else tally.rejected++;
    report.refused(reason);
    const letter = makeDeadLetter({
      step: 'collector',
      site: defaultSite,
      sourceId,
      position: `${input.origin}:${input.line}`,
      reason,
      detail,
      original: input.original,
      at: now(),
    });
    outbox.push(
      deadLetterRecord(
        input.originalBytes === null ? letter : { ...letter, original_bytes: input.originalBytes },
      ),
    );
    input.onRefused?.(reason, detail);
    observer?.refused?.(reason, detail, input);
  };

  const clock = createClock<Input & { readonly outcome: { readonly kind: 'ok' } }>(options.clock, {
    accept: (input, receivedAt) => {
      const request = input.outcome.value;
      const host = (request.host === null ? null : cleanHost(request.host)) ?? options.defaultHost;
      const event = redact(request, {
        eventId: request.event_id ?? deriveEventId(input.idScope, input.idPosition, input.idContent),
        site: sites.of(request.site, host),
        sourceId,
        receivedAt,
        clientIp: options.clientAddress(request.client_ip, request.forwarded),
        host,
      });
      tally.accepted++;
      newest = event.timestamp;
      outbox.push({
        topic: 'requests.raw',
        key: options.keyOf(event.site, event.client_ip),
        type: 'RequestEvent',
        value: event,
      });
      observer?.accepted?.(event, input);
    },
    refuse: (input, reason, detail) => refuse(reason, detail, input),
    tick: (time, watermark_at, closing) => {
      watermarkAt = watermark_at;
      for (const site of sites.all()) {
        const value = {
          site,
          collector_id: options.collectorId,
          source_class: options.sourceClass,
          time,
          watermark_at,
          closing,
        };
        for (let partition = 0; partition < options.partitions; partition++)
          outbox.push({ topic: 'requests.raw', key: null, partition, type: 'Tick', value });
      }
    },
  });

  return {
    take: (input) => {
      const { outcome } = input;
      if (outcome.kind === 'reject') refuse(outcome.reason, outcome.detail, input);
      else if (outcome.value.site !== null && !sites.admits(outcome.value.site))
        refuse('invalid', 'site: not one of the configured sites', input);
      else clock.offer(outcome.value.timestamp, input as Parameters<typeof clock.offer>[1], now());
    },
    idle: (followWall) => clock.idle(now(), followWall),
    end: () => clock.end(now()),
    flush: () => {
      report.publish();
      const at = now();
      if (watermarkAt !== null)
        metrics.watermarkLag.set({ source: sourceId }, Math.max(0, at - watermarkAt) / 1000);
      if (newest !== null && options.clock.mode === 'live')
        metrics.sourceDelay.observe({ source: sourceId }, Math.max(0, at - newest) / 1000);
      newest = null;
      return outbox.flush();
    },
    get waiting() {
      return outbox.waiting;
    },
    get holding() {
      return clock.holding;
    },
    tally,
  };
}

/** Counters are added up here and published with each flush: labels cost too much per event. */
function createMetricsReport(metrics: Metrics, source: string, tally: Tally) {
  const refusals = new Map<RejectReason, number>();
  let published = 0;
  return {
    refused: (reason: RejectReason): void => {
      refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
    },
    publish: (): void => {
      const total = tally.accepted + tally.rejected + tally.late + tally.future;
      if (total > published) metrics.eventsReceived.inc({ source }, total - published);
      published = total;
      for (const [reason, count] of refusals) {
        if (reason === 'late' || reason === 'future')
          metrics.eventsQuarantined.inc({ source, reason }, count);
        else metrics.eventsRejected.inc({ source, reason }, count);
        metrics.deadLetters.inc({ step: 'collector', reason }, count);
      }
      refusals.clear();
    },
  };
}
