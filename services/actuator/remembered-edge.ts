import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { parseNetwork } from '../../lib/ip.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import { parseSignature } from '../../lib/signature/parse-signature.ts';
import { type ActionKind, actionKinds } from './decider/actions.ts';
import { type Edge, type Entry, type EntryKind, entryKinds, type ObservedEntry } from './edge.ts';
import { asObservedWithEnd } from './edges/placed-entry.ts';
import { isAddress } from './entry-name.ts';
import { heldBackOf, type Plan } from './reconcile.ts';
import type { StateStore } from './vendor/request-budget.ts';

export interface RememberOptions {
  readonly name: string;
  readonly store: StateStore;
  readonly logger: Logger;
  /** Least time from one writing to the next. */
  readonly everyMs: number;
  readonly now: () => number;
}

/** Of an entry that a guard kept at an edge that keeps no ends: nothing is decided for longer without being renewed. */
const unknownEndMs = 24 * 3_600_000;

/**
 * An edge whose content is in this process, and gone with it: what it served last is written down now and then, and the
 * first look after a start shows it as what is there. So the guard on shrinking lists sees a fall over a restart, and what
 * it holds back is served again.
 */
export function rememberedEdge(edge: Edge, options: RememberOptions): Edge {
  const { name, store, logger, everyMs, now } = options;
  const file = `edge-lists/${name}`;
  /** What was served before this process, until it serves something; null: not read yet. */
  let before: ReadonlyMap<string, Entry> | null = null;
  let isServing = false;
  /** Entries of before that a guard keeps: only we know when they end. */
  const kept = new Map<string, Entry>();
  let latest: Plan | null = null;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  const read = async (): Promise<ReadonlyMap<string, Entry>> => {
    try {
      const bytes = await store.read(file);
      return bytes === null ? new Map() : await readList(bytes, now() + unknownEndMs);
    } catch (error) {
      logger.warn({ edge: name, error: String(error) }, 'what the edge served before can not be read');
      return new Map();
    }
  };
  const write = async (): Promise<void> => {
    const plan = latest;
    latest = null;
    if (plan === null) return;
    try {
      await store.write(file, await listBytes([...plan.content, ...heldBackOf(plan).map(dated)]));
    } catch (error) {
      logger.warn({ edge: name, error: String(error) }, 'what the edge serves can not be written down');
    }
  };
  const note = (plan: Plan): void => {
    latest = plan;
    timer ??= setTimeout(() => {
      timer = null;
      writing = writing.then(write);
    }, everyMs).unref();
  };
  const dated = (entry: ObservedEntry): ObservedEntry => {
    const expiresAt = kept.get(entry.key)?.expiresAt;
    return expiresAt === undefined ? entry : { ...entry, expiresAt };
  };
  return {
    ...edge,
    async observe(signal, wanted) {
      const observed = await edge.observe(signal, wanted);
      if (isServing)
        return kept.size === 0 ? observed : { ...observed, entries: observed.entries.map(dated) };
      before ??= await read();
      return before.size === 0
        ? observed
        : { ...observed, entries: [...before.values()].map(asObservedWithEnd) };
    },
    async apply(plan, signal) {
      const held = isServing ? [] : plan.retained.flatMap(({ key }) => before?.get(key) ?? []);
      // The edge has nothing yet: what is held comes with what is wanted.
      await edge.apply(isServing ? plan : { ...plan, content: [...plan.content, ...held] }, signal);
      for (const entry of held) kept.set(entry.key, entry);
      for (const { key } of [...plan.remove, ...plan.update]) kept.delete(key);
      isServing = true;
      before = null;
      note(plan);
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      writing = writing.then(write);
      await writing;
      await edge.close();
    },
  };
}

type Line = readonly [
  key: string,
  action: string | null,
  decisionId: string | null,
  expiresAt: number | null,
];

/** One JSON array a line, packed: 100,000 addresses are some 3 MB. */
async function listBytes(entries: readonly (Entry | ObservedEntry)[]): Promise<Uint8Array> {
  const lines = entries.map(({ key, action, decisionId, expiresAt }) =>
    JSON.stringify([key, action, decisionId, expiresAt] satisfies Line),
  );
  return promisify(gzip)(lines.join('\n'), { level: 1 });
}

async function readList(bytes: Uint8Array, unknownEnd: number): Promise<ReadonlyMap<string, Entry>> {
  const text = (await promisify(gunzip)(bytes)).toString('utf8');
  const entries = new Map<string, Entry>();
  for (const line of text === '' ? [] : text.split('\n')) {
    const entry = entryFrom(JSON.parse(line) as Line, unknownEnd);
    if (entry !== null) entries.set(entry.key, entry);
  }
  return entries;
}

/** null: no version of ours wrote this, or it says too little to be served again. */
function entryFrom([key, action, decisionId, expiresAt]: Line, unknownEnd: number): Entry | null {
  const bar = key.indexOf('|');
  const kind = key.slice(0, bar) as EntryKind;
  const value = key.slice(bar + 1);
  if (!entryKinds.includes(kind) || !actionKinds.includes(action as ActionKind) || decisionId === null)
    return null;
  const signature = kind === 'signature' ? parseSignature(value) : null;
  if (isAddress({ kind }) ? parseNetwork(value) === null : kind === 'signature' && signature === null)
    return null;
  return {
    key,
    kind,
    value,
    target: { kind: isAddress({ kind }) ? 'cidr' : kind, value, signature },
    action: action as ActionKind,
    decisionId,
    site: '*',
    level: 'medium',
    reason: 'served before the last start',
    requests: 0,
    campaignIds: [],
    decidedAt: 0,
    updatedAt: 0,
    expiresAt: expiresAt ?? unknownEnd,
  };
}
