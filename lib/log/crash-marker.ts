import type { CheckpointStore } from './step.ts';

/**
 * Remembers across restarts where a stateful step threw, so that one record can not stop its partition for good: the
 * batch is then taken record by record, and a record that threw three times goes to dead-letters.
 */
export interface CrashMarker {
  /** Offsets to take one by one: `first` up to but not including `next`. null when nothing crashed. */
  range(): { readonly first: number; readonly next: number } | null;
  /** True when the record at this offset has had its chances. */
  givenUp(offset: number): boolean;
  /** `exact`: the range is one record that is known to throw. */
  crashed(first: number, next: number): Promise<void>;
  /** The range was passed: forget it. */
  clear(): Promise<void>;
}

const chances = 3;
interface Marker {
  readonly first: number;
  readonly next: number;
  /** Crashes at exactly `first`; 0 while only the batch is known. */
  readonly attempts: number;
}

export async function openCrashMarker(checkpoints: CheckpointStore, prefix: string): Promise<CrashMarker> {
  const folder = `${prefix}crash/`;
  const names = [...(await checkpoints.list(folder))];
  let marker: Marker | null = null;
  const last = names.at(-1);
  // After the newest name, not by their number: an owner that died while it cleared may have left only the last ones.
  let serial = last === undefined ? 0 : Number(last.slice(folder.length)) + 1;
  const bytes = last === undefined ? null : await checkpoints.read(last);
  if (bytes !== null) marker = JSON.parse(Buffer.from(bytes).toString('utf8')) as Marker;
  return {
    range: () => marker,
    givenUp: (offset) => marker !== null && marker.first === offset && marker.attempts >= chances,
    crashed: async (first, next) => {
      const exact = next === first + 1;
      const again = marker !== null && marker.first === first && exact ? marker.attempts : 0;
      marker = { first, next, attempts: exact ? again + 1 : 0 };
      const name = `${folder}${String(serial++).padStart(8, '0')}`;
      await checkpoints.write(name, Buffer.from(JSON.stringify(marker)));
      names.push(name);
    },
    clear: async () => {
      marker = null;
      for (const name of names.splice(0)) await checkpoints.delete(name);
    },
  };
}
