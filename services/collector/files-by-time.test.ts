import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ReadFile, takeByTime } from './files-by-time.ts';
import type { Input } from './pipeline.ts';

/** What a file says: stamps, null for what can not be read; in pieces. */
type Pieces = readonly (readonly (number | null)[])[];

const said = (origin: string, line: number, timestamp: number | null): Input => ({
  outcome: (timestamp === null
    ? { kind: 'reject', reason: 'malformed', detail: '' }
    : { kind: 'ok', value: { timestamp } }) as Input['outcome'],
  original: '',
  originalBytes: null,
  line,
  origin,
  idScope: '',
  idPosition: 0,
  idContent: '',
  onRefused: null,
});

function fileOf(name: string, pieces: Pieces, opened: string[] = []): ReadFile {
  let piece = 0;
  let line = 0;
  const first = pieces.flat().find((stamp) => stamp !== null) ?? null;
  return {
    firstAt: first,
    async read(queue) {
      if (piece === 0) opened.push(name);
      if (piece === pieces.length) return false;
      for (const stamp of pieces[piece++]!) queue.push(said(name, ++line, stamp));
      return true;
    },
    close: async () => void opened.push(`-${name}`),
  };
}

async function merged(files: readonly ReadFile[]): Promise<string[]> {
  const taken: string[] = [];
  await takeByTime(
    files,
    ({ origin, line }) => taken.push(`${origin}${line}`),
    async () => {},
  );
  return taken;
}

test('logs of two nodes are merged; what can not be read stays with what came before it', async () => {
  const a = fileOf('a', [[10, null, 30], [], [50]]);
  const b = fileOf('b', [
    [20, 21],
    [null, 40],
  ]);
  expect(await merged([a, b])).toEqual(['a1', 'a2', 'b1', 'b2', 'b3', 'a3', 'b4', 'a4']);
});

test('a file that follows another is opened when that is over', async () => {
  const opened: string[] = [];
  await merged([
    fileOf('a', [[1, 2], [3]], opened),
    fileOf('b', [[4]], opened),
    fileOf('c', [[null]], opened),
  ]);
  expect(opened).toEqual(['a', '-a', 'b', '-b', 'c', '-c']);
});

test('every line once, each file in its own order, all in order of time where the files are', async () => {
  const stamps = fc.array(fc.nat({ max: 50 }), { maxLength: 30 });
  const file = fc.tuple(stamps, fc.integer({ min: 1, max: 7 }));
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 4 }), async (drawn) => {
      const files = drawn
        .map(([of, size]) => ({ of: of.toSorted((a, b) => a - b), size }))
        .sort((a, b) => (a.of[0] ?? Infinity) - (b.of[0] ?? Infinity));
      const at: number[] = [];
      const count = new Map<string, number>();
      await takeByTime(
        files.map(({ of, size }, index) =>
          fileOf(
            String(index),
            Array.from({ length: Math.ceil(of.length / size) }, (_, piece) =>
              of.slice(piece * size, (piece + 1) * size),
            ),
          ),
        ),
        ({ origin, line, outcome }) => {
          expect(line).toBe((count.get(origin) ?? 0) + 1);
          count.set(origin, line);
          if (outcome.kind === 'ok') at.push(outcome.value.timestamp);
        },
        async () => {},
      );
      expect(at).toEqual(files.flatMap(({ of }) => of).sort((a, b) => a - b));
    }),
  );
});

test('files are closed when taking fails', async () => {
  const opened: string[] = [];
  const files = [fileOf('a', [[1]], opened), fileOf('b', [[1]], opened)];
  const failing = takeByTime(
    files,
    () => {
      throw new Error('full');
    },
    async () => {},
  );
  await expect(failing).rejects.toThrow('full');
  expect(opened).toEqual(['a', 'b', '-a', '-b']);
});
