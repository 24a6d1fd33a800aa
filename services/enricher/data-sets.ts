import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';
import { inPackage } from '../../lib/package-root.ts';
import type { DataSetConfig, EnricherConfig } from './config.ts';
import type { DataFile, DataSet, ListClass } from './provider.ts';
import { providerFor } from './providers/catalogue.ts';

/** Where a data set comes from: a line of the shipped catalogue (data/sets.json) or of the config. */
export interface DataSetSource {
  readonly name: string;
  readonly path: string;
  readonly format: string;
  readonly class: ListClass | null;
  readonly operator: string | null;
  /** Project or vendor; null for files of the operator. */
  readonly source: string | null;
  readonly licence: string | null;
  readonly attribution: string | null;
  /** Epoch ms, where the file does not say it itself. */
  readonly builtAt: number | null;
  /** Shipped with Tidegate: demo only. */
  readonly starter: boolean;
}

interface ShippedSet {
  readonly name: string;
  readonly path: string;
  readonly format: string;
  readonly class: ListClass | null;
  readonly operator: string | null;
  readonly source: string;
  readonly licence: string;
  readonly attribution: string | null;
  readonly built_at: string;
}

/** The sets shipped with Tidegate, in order of preference. */
export function shippedSets(): readonly DataSetSource[] {
  const sets = JSON.parse(readFileSync(inPackage('data', 'sets.json'), 'utf8')) as readonly ShippedSet[];
  return sets.map(({ built_at, path, ...set }) => ({
    ...set,
    path: inPackage('data', path),
    builtAt: Date.parse(built_at),
    starter: true,
  }));
}

function configuredSet(set: DataSetConfig): DataSetSource {
  return {
    name: set.name ?? basename(set.path),
    path: set.path,
    format: set.format,
    class: set.class,
    operator: set.operator,
    source: null,
    licence: set.licence,
    attribution: set.attribution,
    builtAt: null,
    starter: false,
  };
}

/** Configured sets first: where only one can answer, the first does. */
export function dataSetSources(config: EnricherConfig): readonly DataSetSource[] {
  return [...config.data_sets.map(configuredSet), ...(config.starter ? shippedSets() : [])];
}

/** What distinguishes one state of a file from the next. */
export async function fileStamp(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs}:${size}:${ino}`;
}

/** A file as it was read once. */
interface FileContent {
  readonly path: string;
  readonly format: string;
  readonly set: DataSet;
  /** Of the file's bytes. */
  readonly contentId: string;
  readonly stamp: string;
}

/** A data set in use. */
export interface LoadedDataSet extends FileContent {
  readonly source: DataSetSource;
  /** Epoch ms: as the file says, else as the catalogue says, else when it was written. */
  readonly builtAt: number;
}

/** Bound of unpacked files, against compression bombs. */
const maxBytes = 2 ** 31 - 1;
const unpackers: readonly (readonly [RegExp, (bytes: Buffer) => Promise<Buffer>])[] = [
  [/\.gz$/i, (bytes) => promisify(gunzip)(bytes, { maxOutputLength: maxBytes })],
  [/\.br$/i, (bytes) => promisify(brotliDecompress)(bytes, { maxOutputLength: maxBytes })],
];

/**
 * What was read last from each file, and how. Sets never change, so whoever opens one again in this process (every
 * scenario of an evaluation, every test of a policy) shares it; a file that was replaced pushes its old state out.
 */
const lastRead = new Map<string, FileContent>();

/** Rejects with an Error for people when the file is missing or damaged. */
export async function loadDataSet(source: DataSetSource): Promise<LoadedDataSet> {
  const stamp = await fileStamp(source.path);
  const key = JSON.stringify([source.path, source.format, source.class, source.operator]);
  const known = lastRead.get(key);
  const content = known?.stamp === stamp ? known : await readContent(source, stamp);
  lastRead.set(key, content);
  const builtAt = content.set.builtAt ?? source.builtAt ?? modifiedAt(stamp);
  return { ...content, source, builtAt };
}

/** When a file was written, epoch ms. */
function modifiedAt(stamp: string): number {
  return Number(stamp.split(':')[0]);
}

interface FileBytes {
  /** Taken before the file was read. */
  readonly stamp: string;
  /** Of the file as it lies on disk. */
  readonly contentId: string;
  /** Unpacked. */
  readonly bytes: Buffer;
}

async function readBytes(path: string): Promise<FileBytes> {
  const stamp = await fileStamp(path);
  const packedBytes = await readFile(path);
  const unpack = unpackers.find(([pattern]) => pattern.test(path))?.[1];
  return {
    stamp,
    contentId: createHash('sha256').update(packedBytes).digest('hex').slice(0, 16),
    bytes: unpack === undefined ? packedBytes : await unpack(packedBytes),
  };
}

/** Files that are being read, each for whoever loads it next. */
const ahead = new Map<string, Promise<FileBytes>>();

/**
 * Begins to read files that will be loaded soon: unpacking is done by other threads, beside what this one has to do
 * until then.
 */
export function readAhead(sources: readonly DataSetSource[]): void {
  const read = new Set([...lastRead.values()].map(({ path }) => path));
  for (const { path } of sources) {
    if (ahead.has(path) || read.has(path)) continue;
    const reading = readBytes(path);
    reading.catch(() => {}); // told to whoever loads it
    ahead.set(path, reading);
  }
}

async function readContent(source: DataSetSource, stamp: string): Promise<FileContent> {
  const { path } = source;
  const reading = ahead.get(path);
  ahead.delete(path);
  const early = await reading;
  const { contentId, bytes } = early?.stamp === stamp ? early : await readBytes(path);
  const file: DataFile = {
    path,
    bytes,
    modifiedAt: modifiedAt(stamp),
    class: source.class,
    operator: source.operator,
  };
  const provider = providerFor(source.format, path, bytes);
  return { path, format: provider.name, set: provider.load(file), contentId, stamp };
}
