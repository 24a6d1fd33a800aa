import { type GoodList, whyNobodyIsGood } from '../good-list.ts';
import { createFileFollower } from './file-follower.ts';
import { changeMap, type HaproxyCli, type MapChange, readProcess, replaceMap } from './haproxy-cli.ts';

/** The map of clients that are known to be good. It is no entry of ours: people come and go in it by themselves. */
export interface GoodMap {
  /** Why rules can not rely on it; null: they can. */
  whyNot(): string | null;
  /** Looks at the map, and fills it where it does not hold what it should. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface GoodMapOptions {
  readonly cli: HaproxyCli;
  readonly path: string;
  readonly list: GoodList;
  readonly isArmed: () => boolean;
  /** Whether the next process is to find it in its file. */
  readonly writesFile: boolean;
}

const everyMs = 250;
/** How often it is looked whether HAProxy still holds what was given to it. */
const lookEveryMs = 2000;
const filesFollowMs = 10_000;
/** More changes than this go in as a new version of the map. */
const mostSingleChanges = 2000;

export function followGoodMap({ cli, path, list, isArmed, writesFile }: GoodMapOptions): GoodMap {
  const files = createFileFollower(filesFollowMs);
  const stop = new AbortController();
  const changed = new Set<string>();
  /** What HAProxy holds; null: not known. */
  let held: Map<string, string> | null = null;
  let process = '';
  let lookedAt = 0;
  let fault: string | null = 'the map of good clients is not filled yet';
  let running: Promise<void> | null = null;

  list.onChange((key) => {
    if (held !== null) changed.add(key);
  });
  const look = async (): Promise<void> => {
    const found = await readProcess(cli, stop.signal);
    const map = found.maps.find((each) => each.path === path);
    if (map === undefined)
      throw new Error(`HAProxy has no map ${path}: its frontends need deploy/haproxy/tidegate-good-list.cfg`);
    if (found.id !== process || Number(map.state.split(' ')[1]) !== held?.size) held = null;
    process = found.id;
    lookedAt = performance.now();
  };
  const fill = async (): Promise<void> => {
    changed.clear();
    const wanted = new Map(list.entries());
    await replaceMap(cli, path, wanted, stop.signal);
    held = wanted;
  };
  const change = async (there: Map<string, string>): Promise<void> => {
    const changes = [...changed].flatMap((key): MapChange[] => {
      const value = list.wordsOf(key);
      const before = there.get(key);
      if (value === '') return before === undefined ? [] : [{ op: 'del', key, value: before }];
      return before === value ? [] : [{ op: before === undefined ? 'add' : 'set', key, value }];
    });
    changed.clear();
    await changeMap(cli, path, changes, stop.signal);
    for (const { op, key, value } of changes) {
      if (op === 'del') there.delete(key);
      else there.set(key, value);
    }
  };
  const round = async (): Promise<void> => {
    try {
      if (!isArmed()) {
        await look();
        held = null;
        fault = null;
        return;
      }
      if (held === null || performance.now() - lookedAt > lookEveryMs) await look();
      if (held !== null && changed.size === 0) return;
      if (held === null || changed.size > mostSingleChanges) await fill();
      else await change(held);
      fault = null;
      if (writesFile) files.changed(path, () => textOf(held ?? new Map()));
    } catch (error) {
      // What was half done is not known.
      held = null;
      fault = error instanceof Error ? error.message : String(error);
    }
  };
  const run = (): Promise<void> => {
    running ??= round().finally(() => {
      running = null;
    });
    return running;
  };
  const timer = setInterval(() => {
    if (isArmed()) void run();
  }, everyMs).unref();
  return {
    whyNot: () => fault ?? whyNobodyIsGood(list),
    settle() {
      lookedAt = Number.NEGATIVE_INFINITY;
      return run();
    },
    async close() {
      clearInterval(timer);
      await running;
      stop.abort();
      await files.flush();
    },
  };
}

const textOf = (content: ReadonlyMap<string, string>): string =>
  [...content].map(([key, words]) => `${key} ${words}\n`).join('');
