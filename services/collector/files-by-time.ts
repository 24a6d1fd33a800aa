import type { Input } from './pipeline.ts';

/** One file being read: what it has said and nobody has taken yet. */
export interface ReadFile {
  /** Earliest stamp among its first lines, epoch ms; null: none could be read. */
  readonly firstAt: number | null;
  /** Reads on, a piece of the file at a time, and hands what it says to `queue`; false at its end. */
  read(queue: Input[]): Promise<boolean>;
  /** Ends reading, also before the end. */
  close(): Promise<void>;
}

interface Opened<F> {
  readonly file: F;
  readonly queue: Input[];
  next: number;
  /** Stamp of what it says next; what has none goes with what came before it. */
  at: number;
}

/**
 * Takes what several files say in order of time: the logs of two nodes are merged, rotated files follow each other. A file
 * is opened when the others have come to its first stamp, so those that do not overlap cost nothing more. Within a file
 * the order stays. `files`: in order of their first stamps, null last. `onPiece` is called, and waited for, whenever
 * another file has its turn or a piece of the file is used up.
 */
export async function takeByTime<F extends ReadFile>(
  files: readonly F[],
  take: (input: Input) => void,
  onPiece: (file: F) => Promise<void>,
): Promise<void> {
  const waiting = [...files];
  const open: Opened<F>[] = [];
  try {
    for (;;) {
      const first = earliest(open);
      const nextAt = waiting.length === 0 ? Infinity : (waiting[0]!.firstAt ?? Infinity);
      if (waiting.length > 0 && (first === null || nextAt <= first.at)) {
        const opened: Opened<F> = { file: waiting.shift()!, queue: [], next: 0, at: -Infinity };
        open.push(opened);
        if (!(await fill(opened))) await end(open, opened, onPiece);
        continue;
      }
      if (first === null) return;
      const until = Math.min(nextAt, ...open.map((one) => (one === first ? Infinity : one.at)));
      takeUntil(first, until, take);
      await onPiece(first.file);
      if (first.next === first.queue.length && !(await fill(first))) await end(open, first, onPiece);
    }
  } finally {
    for (const { file } of open) await file.close();
  }
}

function earliest<F>(open: readonly Opened<F>[]): Opened<F> | null {
  let found: Opened<F> | null = null;
  for (const one of open) if (found === null || one.at < found.at) found = one;
  return found;
}

/** At least one, so that equal stamps go on. */
function takeUntil<F>(opened: Opened<F>, until: number, take: (input: Input) => void): void {
  const { queue } = opened;
  do {
    take(queue[opened.next++]!);
    if (opened.next < queue.length) opened.at = stampOf(queue[opened.next]!) ?? opened.at;
  } while (opened.next < queue.length && opened.at < until);
}

/** False: the file has nothing more to say. */
async function fill<F extends ReadFile>(opened: Opened<F>): Promise<boolean> {
  opened.queue.length = 0;
  opened.next = 0;
  while (opened.queue.length === 0) if (!(await opened.file.read(opened.queue))) break;
  if (opened.queue.length === 0) return false;
  opened.at = stampOf(opened.queue[0]!) ?? opened.at;
  return true;
}

async function end<F extends ReadFile>(
  open: Opened<F>[],
  opened: Opened<F>,
  onPiece: (file: F) => Promise<void>,
): Promise<void> {
  open.splice(open.indexOf(opened), 1);
  await opened.file.close();
  await onPiece(opened.file);
}

function stampOf({ outcome }: Input): number | null {
  return outcome.kind === 'ok' ? outcome.value.timestamp : null;
}
