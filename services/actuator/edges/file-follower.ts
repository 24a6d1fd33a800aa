import { writeWhole } from './file-writer.ts';

/**
 * Files that say what is held elsewhere, for a program that reads them at its next start. They follow a while after a
 * change, so that many changes of a large file are written once.
 */
export interface FileFollower {
  /** The file is to be written. `text` is asked for when it is. */
  changed(path: string, text: () => string): void;
  /** Writes what is still to be written, at once. Throws EdgeError; what could not be written stays to be written. */
  flush(): Promise<void>;
  /** False when a file could not be written in its turn. */
  readonly isWell: boolean;
}

export function createFileFollower(delayMs: number): FileFollower {
  const due = new Map<string, () => string>();
  let timer: NodeJS.Timeout | null = null;
  let isWell = true;
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    for (const [path, text] of due) {
      due.delete(path);
      try {
        await writeWhole(path, text());
      } catch (error) {
        // What was asked for meanwhile is newer.
        if (!due.has(path)) due.set(path, text);
        isWell = false;
        throw error;
      }
    }
    isWell = true;
  };
  /** One at a time: two writers of a file would mix. */
  const flush = (): Promise<void> => {
    const next = writing.then(write);
    writing = next.catch(() => {});
    return next;
  };
  return {
    get isWell() {
      return isWell;
    },
    flush,
    changed(path, text) {
      due.set(path, text);
      timer ??= setTimeout(() => {
        timer = null;
        // Whoever looks next sees that the files are not well, and tries again.
        flush().catch(() => {});
      }, delayMs);
      timer.unref();
    },
  };
}
