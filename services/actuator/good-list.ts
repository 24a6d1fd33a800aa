import type { GoodClient } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { standingText } from '../../lib/pass/token.ts';
import { requiredBits } from '../../lib/signature/standing.ts';

/** Clients that the detector says are good, for an edge that knows them by a list (ADR 23). */
export interface GoodList {
  /** Words of a client (`|cart|content|`, as in a pass); '': it is not listed. */
  wordsOf(key: string): string;
  entries(): Iterable<readonly [key: string, words: string]>;
  /** False as long as nobody was ever listed: rules that spare the good would stop everybody. */
  readonly isSaid: boolean;
  /** Calls with every client whose words have changed; null: it is no longer listed. */
  onChange(listener: (key: string, words: string | null) => void): void;
}

/** Why rules can not rely on the list yet; null: they can. */
export const whyNobodyIsGood = ({ isSaid }: GoodList): string | null =>
  isSaid ? null : 'nobody was said to be good yet: detector.good_list';

/** Key of a client: its address (IPv6: the first of its /64), and the fingerprint of its `User-Agent` as passes have it. */
export const goodKey = (client: string, fingerprint: string): string => `${client}/${fingerprint}`;

export interface GoodListKeeper extends GoodList {
  learn(client: GoodClient): void;
  /** Lets go of those whose time is over. */
  sweep(): void;
}

interface Listed {
  readonly words: string;
  readonly untilAt: number;
}

/** `limit`: beyond it those that were said first are forgotten. */
export function createGoodList(sites: readonly string[], limit: number, now: () => number): GoodListKeeper {
  /** In the order in which they were said last, which is nearly that of their ends. */
  const listed = new Map<string, Listed>();
  const listeners: ((key: string, words: string | null) => void)[] = [];
  let isSaid = false;
  const tell = (key: string, words: string | null): void => {
    for (const listener of listeners) listener(key, words);
  };
  const drop = (key: string): void => {
    listed.delete(key);
    tell(key, null);
  };
  return {
    wordsOf(key) {
      const found = listed.get(key);
      return found !== undefined && now() < found.untilAt ? found.words : '';
    },
    *entries() {
      for (const [key, { words, untilAt }] of listed) if (now() < untilAt) yield [key, words];
    },
    get isSaid() {
      return isSaid;
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    learn({ site, client, fingerprint, standing, until_at: untilAt }) {
      if (sites.length > 0 && !sites.includes(site)) return;
      isSaid = true;
      if (untilAt <= now()) return;
      const key = goodKey(client, fingerprint);
      const words = standingText(requiredBits(standing));
      const before = listed.get(key);
      listed.delete(key);
      listed.set(key, { words, untilAt });
      if (before?.words !== words) tell(key, words);
      if (listed.size > limit) drop(listed.keys().next().value!);
    },
    sweep() {
      for (const [key, { untilAt }] of listed) {
        if (now() < untilAt) return;
        drop(key);
      }
    },
  };
}

/** What the topic `good-clients` says. */
export interface GoodClients {
  readonly caughtUp: Promise<void>;
  readonly done: Promise<void>;
  /** Calls when the first client of a list is said. */
  onSaid(listener: () => void): void;
  close(): Promise<void>;
}

const sweepEveryMs = 10_000;

export async function followGoodClients(log: Log, lists: readonly GoodListKeeper[]): Promise<GoodClients> {
  const listeners: (() => void)[] = [];
  const tail = await log.tail({
    topic: 'good-clients',
    from: 'earliest',
    onBatch: (batch) => {
      const said = lists.filter(({ isSaid }) => isSaid).length;
      for (const { value } of batch.records) for (const list of lists) list.learn(value);
      if (lists.filter(({ isSaid }) => isSaid).length > said) for (const listener of listeners) listener();
    },
  });
  const sweeping = setInterval(() => {
    for (const list of lists) list.sweep();
  }, sweepEveryMs).unref();
  return {
    caughtUp: tail.caughtUp,
    done: tail.done,
    onSaid: (listener) => {
      listeners.push(listener);
    },
    async close() {
      clearInterval(sweeping);
      await tail.close();
    },
  };
}
