import { z } from 'zod';
import { EdgeError, type Entry, type EntryKind, type Observed, type Pending } from '../edge.ts';
import { named } from '../entry-name.ts';
import type { EdgePart } from '../vendor/composed-edge.ts';
import { markOf, readMark } from '../vendor/ownership-mark.ts';
import { addressName, inBatches, withoutHostLength } from '../vendor/vendor-entries.ts';
import { answerAs, type VendorClient } from '../vendor/vendor-http.ts';

export interface ClientListOptions {
  readonly edge: string;
  readonly id: string;
  readonly type: string;
  readonly holds: readonly EntryKind[];
  readonly capacity: number;
  readonly networks: readonly ('STAGING' | 'PRODUCTION')[];
  readonly notify: readonly string[];
  readonly lookAgainMs: number;
  readonly now: () => number;
}

/** Contract: Akamai's Client Lists API v1, and pkg/clientlists of AkamaiOPEN-edgegrid-golang. */
const listAnswer = z.object({
  type: z.string(),
  version: z.number(),
  items: z
    .array(
      z.object({
        value: z.string(),
        description: z.string().nullish(),
        expirationDate: z.string().nullish(),
      }),
    )
    .nullish(),
});
const statusAnswer = z.object({ activationStatus: z.string(), version: z.number().nullish() });

const batchSize = 1000;
/** An item outlives the decision by this much: what extends the decision in time costs no activation. */
const marginMs = 3_600_000;

/** One client list: its items, and their activation on each network. */
export function clientListPart(client: VendorClient, options: ClientListOptions): EdgePart {
  const { edge, id, networks } = options;
  const path = `/client-list/v1/lists/${encodeURIComponent(id)}`;
  /** Networks on which an activation is running: another one would be refused. */
  let activating = new Set<string>();

  const itemOf = (entry: Entry) => ({
    value: withoutHostLength(entry.value),
    description: markOf(edge, entry.decisionId),
    tags: ['tidegate'],
    expirationDate: new Date(Math.ceil((entry.expiresAt + marginMs) / marginMs) * marginMs)
      .toISOString()
      .replace(/\.\d+Z$/, '+00:00'),
  });
  const nameOf = (value: string) =>
    options.holds.includes('ip4')
      ? addressName(value)
      : named(options.holds[0]!, options.type === 'GEO' ? value.toUpperCase() : value);

  /** What keeps the list from being in force as it is, and what is under way. */
  const activation = async (
    version: number,
    hasOurs: boolean,
    signal: AbortSignal,
  ): Promise<Pick<Observed, 'damaged' | 'pending'>> => {
    let damaged: string | null = null;
    let pending: Pending | null = null;
    activating = new Set();
    for (const network of networks) {
      const answer = await client.request(
        { method: 'GET', path: `${path}/environments/${network}/status`, expect: [404] },
        signal,
      );
      const status =
        answer.status === 404
          ? { activationStatus: 'INACTIVE', version: null }
          : answerAs(statusAnswer, answer, 'activation');
      // A list that was never activated and holds nothing of ours is not ours to switch on.
      const isOff = status.activationStatus === 'INACTIVE' || status.activationStatus === 'DEACTIVATED';
      if (isOff && !hasOurs) continue;
      if (status.activationStatus.startsWith('PENDING')) {
        activating.add(network);
        pending = {
          what: `list ${id} is being activated on ${network}`,
          lookAgainMs: options.lookAgainMs,
        };
      } else if (status.activationStatus !== 'ACTIVE' || (status.version ?? 0) < version)
        damaged = `list ${id} version ${version} is ${status.activationStatus} on ${network}`;
    }
    return { damaged, pending };
  };

  return {
    pool: { name: `list ${id}`, holds: options.holds, capacity: options.capacity },
    async observe(signal, wanted) {
      const answer = await client.request({ method: 'GET', path, query: { includeItems: true } }, signal);
      const list = answerAs(listAnswer, answer, `list ${id}`);
      if (list.type !== options.type)
        throw new EdgeError('invalid', `list ${id} is of type ${list.type}, not ${options.type}`);
      const ends = new Map(wanted.map((entry) => [entry.key, entry.expiresAt]));
      const entries = (list.items ?? []).map((item) => {
        const name = nameOf(item.value);
        const itemEnd = item.expirationDate == null ? null : Date.parse(item.expirationDate);
        const end = ends.get(name.key);
        const lastsLongEnough = end !== undefined && itemEnd !== null && itemEnd >= end;
        return {
          ...name,
          owner: readMark(edge, item.description) === null ? ('foreign' as const) : ('ours' as const),
          // A mark is renewed with the end of the item: for itself it is not worth an activation.
          decisionId: null,
          action: null,
          expiresAt: lastsLongEnough ? end : itemEnd,
        };
      });
      const hasOurs = entries.some(({ owner }) => owner === 'ours');
      return { entries, ...(await activation(list.version, hasOurs, signal)) };
    },
    async apply({ add, update, remove }, signal) {
      for (const batch of inBatches(remove, batchSize))
        await client.request(
          {
            method: 'POST',
            path: `${path}/items`,
            body: {
              append: [],
              update: [],
              delete: batch.map((entry) => ({ value: withoutHostLength(entry.value) })),
            },
          },
          signal,
        );
      for (const [name, entries] of [
        ['update', update],
        ['append', add],
      ] as const)
        for (const batch of inBatches(entries, batchSize))
          await client.request(
            {
              method: 'POST',
              path: `${path}/items`,
              body: { append: [], update: [], delete: [], [name]: batch.map(itemOf) },
            },
            signal,
          );
      for (const network of networks) {
        if (activating.has(network)) continue; // the next look finds the list changed since, and activates it
        await client.request(
          {
            method: 'POST',
            path: `${path}/activations`,
            body: {
              action: 'ACTIVATE',
              network,
              comments: `tidegate ${edge}: ${add.length} added, ${remove.length} removed`,
              notificationRecipients: options.notify,
              siebelTicketId: '',
            },
          },
          signal,
        );
        activating.add(network);
      }
    },
  };
}
