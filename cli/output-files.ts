import { accessSync, constants, fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ExitError } from './exit-error.ts';

/** A file of the command line: where it is, and what it was given as (`--html`, `input`). Without a path: not given. */
export interface GivenFile {
  readonly as: string;
  readonly path: string | undefined;
}

/** `-` is standard input or output. */
const standardStream = '-';
/** Links of links are followed as far as the system does. */
const followedLinks = 40;

/**
 * Holds outputs against what is read and against each other before any of them is opened: opening one empties it. Throws
 * ExitError 2 for a file that is read or written twice, by whatever name or link, and for one that can not be written.
 */
export function checkOutputs(outputs: readonly GivenFile[], inputs: readonly GivenFile[]): void {
  const taken = new Map<string, GivenFile>();
  for (const input of inputs)
    for (const key of input.path === undefined ? [] : keysOf(input.path, 'read')) taken.set(key, input);
  const read = new Set(taken.values());
  for (const output of outputs) {
    if (output.path === undefined) continue;
    const keys = keysOf(output.path, 'written');
    const other = keys.map((key) => taken.get(key)).find((file) => file !== undefined);
    if (other !== undefined)
      throw new ExitError(
        2,
        read.has(other)
          ? `${output.as} ${output.path} would overwrite what is read (${nameOf(other)}): give another file`
          : `${output.as} ${output.path} is written by ${other.as} too: give each a file of its own`,
      );
    for (const key of keys) taken.set(key, output);
    if (output.path !== standardStream) checkWritable(output.path);
  }
}

const nameOf = ({ as, path }: GivenFile): string =>
  as !== 'input' ? `${as} ${path}` : path === standardStream ? 'standard input' : `${path}`;

/** What tells a file from others. A terminal, `/dev/null` and other devices lose nothing when two use them: no key. */
function keysOf(path: string, use: 'read' | 'written'): readonly string[] {
  const stream = path === standardStream;
  try {
    const status = stream && use === 'read' ? fstatSync(0) : stream ? null : statSync(path);
    if (status === null) return ['standard output'];
    return status.isCharacterDevice() ? [] : [`${status.dev}:${status.ino}`];
  } catch {
    // there is none yet: two outputs may still be about to make the same one
    return stream ? [] : [placeOf(path)];
  }
}

/** Where a file that is not there would be made: at the end of links, in a folder by its own name. */
function placeOf(path: string, links = 0): string {
  try {
    if (links < followedLinks && lstatSync(path).isSymbolicLink())
      return placeOf(resolve(dirname(path), readlinkSync(path)), links + 1);
  } catch {
    // not even a link
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return resolve(path);
  }
}

/** Asks the system without opening: a file that was not there is not left behind by a command that then fails. */
function checkWritable(path: string): void {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory() === true) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    if (status === undefined) checkFolder(dirname(placeOf(path)));
    else accessSync(path, constants.W_OK);
  } catch (error) {
    throw cannotBeWritten(path, error);
  }
}

/** Asked for by itself: of a path below a file, Node 24 says that there is none, where Node 20 throws. */
function checkFolder(path: string): void {
  if (!statSync(path).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
  accessSync(path, constants.W_OK | constants.X_OK);
}

const reasons: { readonly [code: string]: string } = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder does not exist',
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EROFS: 'not permitted, the file system is read-only',
  EISDIR: 'it is a folder',
};

/** ExitError 2 where another path would do, 1 where writing broke off (a full disk). */
export function cannotBeWritten(path: string, error: unknown): ExitError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = reasons[code ?? ''];
  return new ExitError(reason === undefined ? 1 : 2, `${path}: cannot be written: ${reason ?? message}`);
}
