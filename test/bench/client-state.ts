import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { restoreCheckpoint, writeCheckpoint } from '../../lib/log/checkpoint.ts';
import { openCheckpointDirectory } from '../../lib/log/checkpoint-directory.ts';
import { bytesOf, type Snapshot } from '../../lib/log/snapshot.ts';
import { AddressLife } from '../../services/detector/match/address-life.ts';
import { ActorTable } from '../../services/detector/state/actor-table.ts';
import { AddressWindows, windowColumn } from '../../services/detector/state/address-windows.ts';
import { aheadRecords } from '../../services/detector/state/look-ahead.ts';
import { RecentIds } from '../../services/detector/state/recent-ids.ts';
import { tableBlobs, tableOfBlobs } from '../../services/detector/state/segmented-table.ts';
import { type Figure, figureOf, timed } from './bench.ts';
import { benchFolder } from './bench-folder.ts';

const startSecond = Date.UTC(2026, 10, 16, 10) / 1000;
/** New clients a second of event time. */
const rate = 10_000;

interface Limits {
  readonly actors: number;
  readonly addresses: number;
  readonly recentEvents: number;
}

/** What combine and match keep of clients, as their partitions do: two actors a client in each of them. */
class ClientState {
  readonly combineActors: ActorTable;
  readonly matchActors: ActorTable;
  readonly addresses: AddressWindows;
  readonly networks: AddressWindows;
  readonly life: AddressLife;
  readonly recent: RecentIds;
  longestMs = 0;

  constructor(limits: Limits) {
    this.combineActors = new ActorTable(limits.actors);
    this.matchActors = new ActorTable(limits.actors);
    this.addresses = new AddressWindows(limits.addresses);
    this.networks = new AddressWindows(limits.addresses);
    this.life = new AddressLife(limits.addresses);
    this.recent = new RecentIds(60_000, limits.recentEvents);
  }

  /**
   * Requests [from, until). `clientOf`: whose each is; without it everybody sends one. Every client has an address and a
   * session of its own.
   */
  feed(from: number, until: number, clientOf: (request: number) => number = (request) => request): void {
    for (let request = from; request < until; request++) {
      // one look at the clock in a hundred requests: growth stops the loop for longer than that
      if (request % 100 === 0) this.#watch();
      if (request % aheadRecords === 0)
        this.#lookAhead(request, Math.min(until, request + aheadRecords), clientOf);
      const client = clientOf(request);
      const second = startSecond + Math.floor(request / rate);
      const id = mixed(request, 0x1b873593);
      const lo = mixed(client, 0x9e3779b9);
      const hi = mixed(client, 0x7f4a7c15);
      const session = mixed(client, 0x94d049bb);
      this.recent.seen(id, lo, second * 1000);
      for (const actors of [this.combineActors, this.matchActors]) {
        actors.open(lo, hi, second);
        actors.note(64, lo & 0xffff, true, false);
        actors.open(session, lo, second);
        actors.note(64, lo & 0xffff, true, false);
      }
      this.addresses.open(lo, hi, second);
      this.addresses.add(windowColumn.requests);
      const network = mixed(client >>> 3, 0x2545f491);
      this.networks.open(network, ~network, second);
      this.networks.add(windowColumn.requests);
      this.life.note(lo, hi, second);
    }
    this.#watchedAt = 0;
  }

  /** What was seen: of no meaning. */
  #seen = 0;

  /** As combine and match do for the next requests of a batch: see look-ahead.ts. */
  #lookAhead(from: number, until: number, clientOf: (request: number) => number): void {
    for (let request = from; request < until; request++) {
      const client = clientOf(request);
      const lo = mixed(client, 0x9e3779b9);
      const hi = mixed(client, 0x7f4a7c15);
      const session = mixed(client, 0x94d049bb);
      for (const actors of [this.combineActors, this.matchActors])
        this.#seen ^= actors.touch(lo, hi) ^ actors.touch(session, lo);
      this.#seen ^= this.addresses.touch(lo, hi);
    }
  }

  #watchedAt = 0;
  #watch(): void {
    const now = performance.now();
    if (this.#watchedAt !== 0) this.longestMs = Math.max(this.longestMs, now - this.#watchedAt);
    this.#watchedAt = now;
  }

  get evictions(): number {
    return this.combineActors.evictions + this.matchActors.evictions + this.addresses.evictions;
  }

  snapshot(): Snapshot {
    const recent = this.recent.snapshot();
    const life = this.life.snapshot();
    return new Map([
      ['combine', tableBlobs(this.combineActors.snapshot())],
      ['match', tableBlobs(this.matchActors.snapshot())],
      ['addresses', tableBlobs(this.addresses.snapshot())],
      ['networks', tableBlobs(this.networks.snapshot())],
      ['small', [recent.current, recent.previous, life.recent, life.older].map(bytesOf)],
    ]);
  }
}

/** 32 bits that look random: what the keyed hash of a client is. */
function mixed(value: number, salt: number): number {
  let hash = Math.imul(value ^ salt, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16) ^ salt, 0x27d4eb2f);
  return hash ^ (hash >>> 15);
}

function held(): number {
  globalThis.gc?.();
  const { rss, arrayBuffers } = process.memoryUsage();
  return Math.max(rss, arrayBuffers);
}

const clients = 10_000_000;
/** As eight partitions with 4 million actors and the default number of addresses each. */
const limits: Limits = { actors: 33_554_432, addresses: 2_097_152, recentEvents: 2_000_000 };

/** Memory of ten million distinct clients, the cost of counting one, and the longest pause of growth. */
export async function bytesPerClient(): Promise<readonly Figure[]> {
  const before = held();
  const state = new ClientState(limits);
  const { seconds, cpuSeconds } = await timed(() => state.feed(0, clients));
  const bytes = held() - before;
  // a window of the table can be full before the table is: a few in a million, no more
  const { evictions } = state;
  if (evictions > clients / 100_000) throw new Error(`${evictions} entries were forgotten below the limits`);
  const figure = figureOf({ clients, ...limits, new_clients_per_second: rate }, cpuSeconds);
  return [
    figure('bytes_per_client', bytes / clients, 'bytes'),
    figure('forgotten', evictions, 'entries'),
    figure('client_windows_rate', clients / seconds, 'events/s'),
    figure('longest_pause', state.longestMs / 1000, 's'),
  ];
}

/** Who comes back: this many clients, of whom a few send three requests in ten. */
const returning = { requests: 4_000_000, clients: 200_000, loud: 1000, loud_share: 0.3 } as const;

/** The cost of counting a request of clients who were seen before, as most are. */
export async function returningClients(): Promise<readonly Figure[]> {
  const state = new ClientState(limits);
  const clientOf = (request: number): number => {
    const draw = mixed(request, 0x51ed270b) >>> 0;
    const isLoud = draw % 1000 < returning.loud_share * 1000;
    return Math.floor(draw / 1000) % (isLoud ? returning.loud : returning.clients);
  };
  state.feed(0, returning.requests / 2, clientOf);
  const { seconds, cpuSeconds } = await timed(() =>
    state.feed(returning.requests / 2, returning.requests, clientOf),
  );
  const figure = figureOf({ ...returning, ...limits, requests_per_second: rate }, cpuSeconds);
  return [figure('client_windows_returning_rate', returning.requests / 2 / seconds, 'events/s')];
}

/**
 * Distinct clients far beyond the limits: memory stands still. 20 million by default, `TIDEGATE_BENCH_CLIENTS` for more
 * (200000000).
 */
export async function stateCap(): Promise<readonly Figure[]> {
  const all = Number(process.env['TIDEGATE_BENCH_CLIENTS'] ?? 20_000_000);
  const small: Limits = { actors: 4_194_304, addresses: 262_144, recentEvents: 2_000_000 };
  const state = new ClientState(small);
  // both tables are full and both generations of ids and addresses are there
  const full = Math.min(all / 2, 8_000_000);
  state.feed(0, full);
  const before = held();
  const { cpuSeconds } = await timed(() => state.feed(full, all));
  const figure = figureOf({ clients: all, ...small }, cpuSeconds);
  return [
    figure('growth_beyond_cap', held() - before, 'bytes'),
    figure('forgotten', state.evictions, 'entries'),
    figure('longest_pause', state.longestMs / 1000, 's'),
  ];
}

/** State of ten million clients written beside the stream and read back. */
export async function checkpointBench(): Promise<readonly Figure[]> {
  const state = new ClientState(limits);
  state.feed(0, clients);
  const folder = join(benchFolder(), 'checkpoints');
  await rm(folder, { recursive: true, force: true });
  const store = await openCheckpointDirectory(folder);
  const copied = await timed(() => state.snapshot());
  const written = await timed(() =>
    writeCheckpoint({
      checkpoints: store,
      prefix: 'bench/',
      instance: 'bench',
      offset: clients,
      snapshot: copied.result,
      layoutHash: 'bench',
      rewind: [],
      now: 0,
    }),
  );
  const { metadata, bytes } = written.result;
  const restored = await timed(async () => {
    const { snapshot, lost } = await restoreCheckpoint({
      committed: { offset: clients, metadata },
      checkpoints: store,
      layoutHash: 'bench',
      where: 'bench',
    });
    if (snapshot === null) throw new Error(`not restored: ${lost}`);
    const table = (part: string) => tableOfBlobs(snapshot.get(part)!);
    return [
      new ActorTable(limits.actors, table('combine')),
      new ActorTable(limits.actors, table('match')),
      new AddressWindows(limits.addresses, table('addresses')),
      new AddressWindows(limits.addresses, table('networks')),
    ];
  });
  if (restored.result[0]!.entries !== state.combineActors.entries) throw new Error('not the same entries');
  await rm(folder, { recursive: true, force: true });
  const figure = figureOf({ clients, bytes }, written.cpuSeconds);
  return [
    figure('checkpoint_pause', copied.seconds, 's'),
    figure('checkpoint_write', written.seconds, 's'),
    figure('checkpoint_restore', restored.seconds, 's'),
  ];
}
