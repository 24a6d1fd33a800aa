import { createReadStream } from 'node:fs';
import type { InspectedFile } from '../../services/collector/collect-files.ts';
import { createFormat } from '../../services/collector/formats/catalogue.ts';
import type { InputFormat } from '../../services/collector/formats/format.ts';
import { startsAsGzip } from '../../services/collector/sources/gunzipped.ts';
import { openInput } from '../../services/collector/sources/input.ts';

/** Readable lines that are looked at. */
const wanted = 9;
const tailBytes = 64 * 1024;

/** Stamps of the first readable lines, epoch ms, at most nine. */
export function headStamps(file: InspectedFile): readonly number[] {
  return stampsOf(file.input.sample, formatOf(file));
}

/** Stamps of the last readable lines of a file that has a size, epoch ms, at most nine. Reads all of a compressed one. */
export async function endStamps(file: InspectedFile, signal?: AbortSignal): Promise<readonly number[]> {
  const { input } = file;
  const size = input.size ?? 0;
  const { bytes, isWhole } = (await isGzip(input.name))
    ? await unpackedTail(input.name, signal)
    : {
        bytes: await readPart(input.name, Math.max(0, size - tailBytes), size),
        isWhole: size <= tailBytes,
      };
  const lines = bytes.toString('utf8').split('\n');
  if (!isWhole) lines.shift(); // where it was cut
  // what is said of the columns stands at the head
  const format = formatOf(file);
  for (const line of input.sample) format.directive?.(line);
  return stampsOf(lines.reverse(), format);
}

const formatOf = ({ format, formatConfig }: InspectedFile): InputFormat =>
  createFormat(format.name, formatConfig);

function stampsOf(lines: readonly string[], format: InputFormat): readonly number[] {
  const stamps: number[] = [];
  for (const line of lines) {
    if (line.trim() === '' || format.directive?.(line) === true) continue;
    const outcome = format.parse(line.trimEnd());
    if (outcome.kind === 'ok') stamps.push(outcome.value.timestamp);
    if (stamps.length === wanted) break;
  }
  return stamps;
}

async function readPart(path: string, from: number, until: number): Promise<Buffer> {
  if (until <= from) return Buffer.alloc(0);
  return Buffer.concat(await createReadStream(path, { start: from, end: until - 1 }).toArray());
}

async function isGzip(path: string): Promise<boolean> {
  return startsAsGzip(await readPart(path, 0, 2));
}

/** The last bytes of what is compressed; of damaged files the last that can be read. */
async function unpackedTail(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  let bytes = Buffer.alloc(0);
  let isWhole = true;
  try {
    const { chunks } = await openInput(path, 0);
    for await (const chunk of chunks(signal)) {
      const all = Buffer.concat([bytes, chunk]);
      isWhole &&= all.length <= tailBytes;
      bytes = all.subarray(-tailBytes);
    }
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
  }
  return { bytes, isWhole };
}
