import { z } from 'zod';
import { DamagedCheckpointError, decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.ts';
import type { CommittedOffset } from './log.ts';
import type { Snapshot } from './snapshot.ts';
import type { CheckpointStore } from './step.ts';

/** The committed state can not be used, and going on without it would be wrong. A person has to decide. */
export class CheckpointError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CheckpointError';
  }
}

/** Where to start again when a checkpoint can not be read: at wall time `at` the position was `offset`. */
export type RewindMark = readonly [at: number, offset: number];

/** What is committed with the offset of a stateful step: one write moves both. */
const metadataSchema = z.object({
  checkpoint: z.string(),
  store_id: z.string(),
  layout_hash: z.string(),
  rewind: z.array(z.tuple([z.number(), z.number()])).default([]),
});

export interface Restored {
  readonly offset: number;
  readonly snapshot: Snapshot | null;
  readonly rewind: readonly RewindMark[];
  /** Why the checkpoint could not be used, for the log; null when it was. */
  readonly lost: string | null;
}

/** Names of checkpoints of one partition begin so. Group names hold dots, no slashes. */
export function checkpointPrefix(group: string, topic: string, partition: number): string {
  return `${group}/${topic}/${partition}/`;
}

/**
 * The state that belongs to a committed offset. A checkpoint of another store is refused with `CheckpointError` (this
 * instance looks at the wrong folder). One that is gone, damaged or of another layout is given up: reading starts again at the
 * oldest rewind mark, without state, which refills the windows; outputs repeat with the same ids.
 */
export async function restoreCheckpoint(options: {
  readonly committed: CommittedOffset;
  readonly checkpoints: CheckpointStore;
  readonly layoutHash: string;
  readonly where: string;
}): Promise<Restored> {
  const { committed, checkpoints, layoutHash, where } = options;
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(committed.metadata ?? '');
  } catch {
    // handled as metadata of another kind
  }
  const metadata = metadataSchema.safeParse(parsed);
  if (!metadata.success) return restartOf([], committed.offset, 'the commit names no checkpoint');
  const { checkpoint, store_id: storeId, layout_hash: layout, rewind } = metadata.data;
  if (storeId !== checkpoints.storeId)
    throw new CheckpointError(
      `${where}: the committed checkpoint ${checkpoint} is in store ${storeId}, this instance has store ` +
        `${checkpoints.storeId}: give all instances the same checkpoint folder, or reset the group's offsets`,
    );
  const without = (lost: string): Restored => restartOf(rewind, committed.offset, lost);
  if (layout !== layoutHash)
    return without(`checkpoint ${checkpoint} has layout ${layout}, this build has ${layoutHash}`);
  const bytes = await checkpoints.read(checkpoint);
  if (bytes === null) return without(`checkpoint ${checkpoint} is gone`);
  try {
    const { snapshot } = await decodeCheckpoint(bytes);
    return { offset: committed.offset, snapshot, rewind, lost: null };
  } catch (error) {
    if (!(error instanceof DamagedCheckpointError)) throw error;
    return without(`checkpoint ${checkpoint} cannot be used: ${error.message}`);
  }
}

/** Reading starts again at the oldest rewind mark, without state. */
function restartOf(rewind: readonly RewindMark[], offset: number, lost: string): Restored {
  return { offset: rewind[0]?.[1] ?? offset, snapshot: null, rewind: [], lost };
}

/** A checkpoint that was read and turned out to be of no use. */
export function giveUp({ rewind, offset }: Restored, lost: string): Restored {
  return restartOf(rewind, offset, lost);
}

/** How far back a rewind reaches, at least: twice the longest window of the detector's first policies. */
const rewindMs = 30 * 60_000;
const rewindMarks = 8;

/** Adds the present position; keeps a few marks, the first just older than `rewindMs`. */
export function advanceRewind(
  marks: readonly RewindMark[],
  now: number,
  offset: number,
): readonly RewindMark[] {
  const last = marks.at(-1);
  const grown =
    last !== undefined && now - last[0] < rewindMs / (rewindMarks - 2)
      ? marks
      : [...marks, [now, offset] as const];
  let from = 0;
  while (from + 1 < grown.length && now - grown[from + 1]![0] >= rewindMs) from++;
  return grown.slice(from).slice(-rewindMarks * 2);
}

/** Writes a snapshot under a name of its own and answers the metadata to commit with `offset`. */
export async function writeCheckpoint(options: {
  readonly checkpoints: CheckpointStore;
  readonly prefix: string;
  readonly instance: string;
  readonly offset: number;
  readonly snapshot: Snapshot;
  readonly layoutHash: string;
  readonly rewind: readonly RewindMark[];
  readonly now: number;
}): Promise<{ readonly name: string; readonly metadata: string; readonly bytes: number }> {
  const { checkpoints, prefix, offset, layoutHash, rewind, now } = options;
  const instance = options.instance.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  // Zero-padded so that names sort by offset; the time keeps a second writing at one offset apart.
  const name = `${prefix}${String(offset).padStart(16, '0')}-${now.toString(36)}-${instance}`;
  let bytes = 0;
  const counted = function* (): Generator<Uint8Array> {
    for (const piece of encodeCheckpoint(options.snapshot, layoutHash)) {
      bytes += piece.byteLength;
      yield piece;
    }
  };
  await checkpoints.write(name, counted());
  return {
    name,
    bytes,
    metadata: JSON.stringify({
      checkpoint: name,
      store_id: checkpoints.storeId,
      layout_hash: layoutHash,
      rewind,
    }),
  };
}

/** Offset and time in the last part of a name that `writeCheckpoint` gave. */
const namedPosition = /^(\d{16,})-([0-9a-z]+)-/;

function positionOf(name: string, prefix: string): { readonly offset: number; readonly at: number } | null {
  const match = namedPosition.exec(name.slice(prefix.length));
  return match === null ? null : { offset: Number(match[1]), at: Number.parseInt(match[2]!, 36) };
}

/**
 * Deletes what `committed`, the checkpoint committed last, makes useless: it and the newest at no higher offset stay.
 *
 * Offsets can go backwards (another layout rewinds, a topic is made anew, a group is reset). What stands above then belongs
 * to a history that is over. Only what was written later stays there: it is of an owner that has taken over since.
 */
export async function deleteOldCheckpoints(
  checkpoints: CheckpointStore,
  prefix: string,
  committed: string,
): Promise<void> {
  const last = positionOf(committed, prefix);
  if (last === null) return;
  /** Newest at or below the committed offset so far: names come in the order of offsets. */
  let before: string | null = null;
  for (const name of await checkpoints.list(prefix)) {
    const position = name === committed ? null : positionOf(name, prefix);
    if (position === null) continue;
    if (position.offset > last.offset) {
      if (position.at <= last.at) await checkpoints.delete(name);
      continue;
    }
    if (before !== null) await checkpoints.delete(before);
    before = name;
  }
}
