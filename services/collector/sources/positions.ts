import type { CheckpointStore } from '../../../lib/log/step.ts';

/** How far a followed file has been read and acknowledged. */
export interface FilePosition {
  readonly inode: number;
  /** Byte offset of the first line not yet acknowledged. */
  readonly offset: number;
  readonly lineNumber: number;
  /** Hash of the first `fingerprintBytes` bytes: tells a file from another one in its place. */
  readonly fingerprint: string;
  readonly fingerprintBytes: number;
  /** Its last change as far as it was read, epoch ms; left out by earlier versions. */
  readonly changedAt?: number;
}

/** Keeps the position of one source over restarts. Entries of the store are immutable: each save is a new one. */
export interface PositionKeeper {
  load(): Promise<FilePosition | null>;
  save(position: FilePosition): Promise<void>;
}

export function createPositionKeeper(
  store: CheckpointStore,
  instance: string,
  sourceId: string,
): PositionKeeper {
  const folder = `collector/${nameable(instance)}/${sourceId}`;
  let serial = 0;
  let previous: string | null = null;
  const serialOf = (name: string): number => Number(name.slice(name.lastIndexOf('/') + 1));
  return {
    load: async () => {
      const names = (await store.list(`${folder}/`)).filter((name) => serialOf(name) >= 0);
      const newest = names.sort((a, b) => serialOf(b) - serialOf(a))[0];
      if (newest === undefined) return null;
      serial = serialOf(newest);
      previous = newest;
      const bytes = await store.read(newest);
      return bytes === null ? null : (JSON.parse(Buffer.from(bytes).toString('utf8')) as FilePosition);
    },
    save: async (position) => {
      serial++;
      const name = `${folder}/${String(serial).padStart(12, '0')}`;
      await store.write(name, Buffer.from(JSON.stringify(position)));
      if (previous !== null) await store.delete(previous);
      previous = name;
    },
  };
}

function nameable(instance: string): string {
  return instance.replace(/[^A-Za-z0-9._@-]/g, '_').replace(/^[^A-Za-z0-9]/, 'x');
}
