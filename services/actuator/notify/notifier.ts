import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../lib/observability/logger.ts';
import type { Metrics } from '../../../lib/observability/metrics.ts';
import type { NotificationConfig } from './config.ts';
import { formats } from './formats.ts';
import { levels, type Notice } from './notice.ts';

/** Tells people. Never in the way: what can not be delivered is tried again a while, then counted as lost. */
export interface Notifier {
  notify(notice: Notice): void;
  close(): Promise<void>;
}

export interface NotifierOptions {
  readonly targets: readonly NotificationConfig[];
  /** False: another instance tells. */
  readonly isTeller: (notice: Notice) => boolean;
  readonly fetch: (
    url: string,
    init: RequestInit,
  ) => Promise<{ readonly ok: boolean; readonly status: number }>;
  readonly now: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Waits between attempts, ms. */
  readonly retryAfterMs?: readonly number[];
}

/** Waiting notices of a target; beyond it the oldest is dropped. */
const queueLimit = 1000;
const timeoutMs = 10_000;

export function createNotifier(options: NotifierOptions): Notifier {
  const { now, logger, metrics } = options;
  const stop = new AbortController();
  const retries = options.retryAfterMs ?? [1000, 5000, 30_000, 120_000];
  const targets = options.targets.map((config) => openTarget(config));

  function openTarget(config: NotificationConfig) {
    const { body, repeatMs } = formats[config.format];
    const queue: Notice[] = [];
    const firing = new Map<string, Notice>();
    let working: Promise<void> | null = null;

    const post = async (notice: Notice): Promise<string | null> => {
      const text = JSON.stringify(body(notice, now()));
      const headers: { [name: string]: string } = { 'content-type': 'application/json' };
      if (config.secret !== undefined) {
        const timestamp = String(Math.floor(now() / 1000));
        headers['x-tidegate-timestamp'] = timestamp;
        headers['x-tidegate-signature'] =
          `sha256=${createHmac('sha256', config.secret).update(`${timestamp}.${text}`).digest('hex')}`;
      }
      try {
        const response = await options.fetch(config.url, {
          method: 'POST',
          headers,
          body: text,
          signal: AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]),
        });
        return response.ok ? null : `HTTP ${response.status}`;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    const deliver = async (notice: Notice): Promise<void> => {
      for (let attempt = 0; !stop.signal.aborted; attempt++) {
        const problem = await post(notice);
        if (problem === null) {
          metrics.notifications.inc({ target: config.name, result: 'sent' });
          return;
        }
        const waitMs = retries[attempt];
        if (waitMs === undefined) {
          metrics.notifications.inc({ target: config.name, result: 'lost' });
          // The URL may hold a secret: it is not logged.
          logger.warn({ target: config.name, problem, key: notice.key }, 'notification lost');
          return;
        }
        await sleep(waitMs, undefined, { signal: stop.signal }).catch(() => {}); // aborted: the loop ends
      }
    };
    const work = async (): Promise<void> => {
      for (let notice = queue.shift(); notice !== undefined; notice = queue.shift()) await deliver(notice);
      working = null;
    };
    const put = (notice: Notice): void => {
      queue.push(notice);
      if (queue.length > queueLimit) {
        queue.shift();
        metrics.notifications.inc({ target: config.name, result: 'lost' });
      }
      working ??= work();
    };
    const repeat =
      repeatMs === null
        ? null
        : setInterval(() => {
            for (const notice of firing.values()) if (options.isTeller(notice)) put(notice);
          }, repeatMs);
    repeat?.unref();
    return {
      accepts: (notice: Notice): boolean =>
        (config.kinds as readonly string[]).includes(notice.kind) &&
        levels.indexOf(notice.level) >= levels.indexOf(config.min_level),
      tell(notice: Notice): void {
        if (notice.status === 'resolved') firing.delete(notice.key);
        else if (repeatMs !== null) firing.set(notice.key, notice);
        if (options.isTeller(notice)) put(notice);
      },
      async close(): Promise<void> {
        if (repeat !== null) clearInterval(repeat);
        await working;
      },
    };
  }

  return {
    notify(notice) {
      for (const target of targets) if (target.accepts(notice)) target.tell(notice);
    },
    async close() {
      stop.abort();
      await Promise.all(targets.map((target) => target.close()));
    },
  };
}
