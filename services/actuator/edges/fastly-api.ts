import { z } from 'zod';
import { answerAs, type VendorClient, type VendorHttp } from '../vendor/vendor-http.ts';

/** What the Fastly edge calls. Contract: Fastly's API reference and go-fastly; all throw EdgeError. */

const aclEntry = z.object({
  id: z.string(),
  ip: z.string(),
  subnet: z.coerce.number().nullish(),
  /** 0 or 1; answers carry it as text. */
  negated: z.coerce.number().nullish(),
  comment: z.string().nullish(),
});
export type FastlyAclEntry = z.output<typeof aclEntry>;

export type FastlyAclOperation =
  | {
      readonly op: 'create';
      readonly ip: string;
      readonly subnet?: number;
      readonly negated: 0;
      readonly comment: string;
    }
  | { readonly op: 'update'; readonly id: string; readonly comment: string }
  | { readonly op: 'delete'; readonly id: string };
export type FastlyComputeOperation =
  | { readonly op: 'create' | 'update'; readonly prefix: string; readonly action: 'BLOCK' }
  | { readonly op: 'delete'; readonly prefix: string };
export type FastlyDictionaryOperation =
  | { readonly op: 'upsert'; readonly item_key: string; readonly item_value: string }
  | { readonly op: 'delete'; readonly item_key: string };

const dictionaryItem = z.object({ item_key: z.string(), item_value: z.string() });
const computeEntry = z.object({ prefix: z.string(), action: z.string() });

export interface FastlyApi {
  aclEntries(service: string, acl: string, signal: AbortSignal): Promise<readonly FastlyAclEntry[]>;
  changeAcl(
    service: string,
    acl: string,
    operations: readonly FastlyAclOperation[],
    signal: AbortSignal,
  ): Promise<void>;
  computeEntries(acl: string, signal: AbortSignal): Promise<readonly z.output<typeof computeEntry>[]>;
  changeCompute(
    acl: string,
    operations: readonly FastlyComputeOperation[],
    signal: AbortSignal,
  ): Promise<void>;
  dictionaryItems(
    service: string,
    dictionary: string,
    signal: AbortSignal,
  ): Promise<readonly z.output<typeof dictionaryItem>[]>;
  changeDictionary(
    service: string,
    dictionary: string,
    operations: readonly FastlyDictionaryOperation[],
    signal: AbortSignal,
  ): Promise<void>;
}

const pageSize = 100;
const batchSize = 1000;
/** Of the 1,000 changes an hour that a user may make, these are left to people. */
const reserve = 100;

export function openFastlyApi(
  http: VendorHttp,
  options: {
    readonly edge: string;
    readonly token: string;
    readonly endpoint: string;
    readonly timeoutMs: number;
  },
): FastlyApi {
  const client: VendorClient = http.client({
    edge: options.edge,
    vendor: 'fastly',
    secrets: [options.token],
    baseUrl: options.endpoint,
    authorize: () => ({ 'fastly-key': options.token }),
    limits: {
      requests: { capacity: 600, refillMs: 60_000 },
      writes: { capacity: 1000 - reserve, refillMs: 3_600_000 },
    },
    timeoutMs: options.timeoutMs,
    explain: (_status, json) => {
      const said = z.object({ msg: z.string(), detail: z.string().nullish() }).safeParse(json).data;
      if (said === undefined) return null;
      const message = `${said.msg} ${said.detail ?? ''}`.trim();
      return /\b(max|maximum|limit|exceed)/i.test(message) && !/rate/i.test(message)
        ? { fault: 'full', message }
        : { message };
    },
    onAnswer: ({ headers }, budget) => {
      const left = headers.get('fastly-ratelimit-remaining');
      if (left !== null && /^\d+$/.test(left)) budget.left('writes', Math.max(0, Number(left) - reserve));
    },
  });
  const part = encodeURIComponent;
  /** Pages that are plain arrays, until one is not full. */
  const pages = async <S extends z.ZodType>(
    path: string,
    schema: S,
    signal: AbortSignal,
  ): Promise<z.output<S>[]> => {
    const found: z.output<S>[] = [];
    for (let page = 1; ; page++) {
      const query = { page, per_page: pageSize };
      const answer = await client.request({ method: 'GET', path, query }, signal);
      const items = answerAs(z.array(schema), answer, path) as z.output<S>[];
      found.push(...items);
      if (items.length < pageSize) return found;
    }
  };
  const batches = async (
    path: string,
    name: 'entries' | 'items',
    operations: readonly object[],
    signal: AbortSignal,
  ): Promise<void> => {
    for (let start = 0; start < operations.length; start += batchSize)
      await client.request(
        {
          method: 'PATCH',
          path,
          body: { [name]: operations.slice(start, start + batchSize) },
          cost: { writes: 1 },
        },
        signal,
      );
  };
  return {
    aclEntries: (service, acl, signal) =>
      pages(`/service/${part(service)}/acl/${part(acl)}/entries`, aclEntry, signal),
    changeAcl: (service, acl, operations, signal) =>
      batches(`/service/${part(service)}/acl/${part(acl)}/entries`, 'entries', operations, signal),
    async computeEntries(acl, signal) {
      const found: z.output<typeof computeEntry>[] = [];
      const schema = z.object({
        entries: z.array(computeEntry).nullish(),
        meta: z.object({ next_cursor: z.string().nullish() }).nullish(),
      });
      for (let cursor = ''; ; ) {
        const path = `/resources/acls/${part(acl)}/entries`;
        const query = { limit: pageSize, ...(cursor === '' ? {} : { cursor }) };
        const page = answerAs(schema, await client.request({ method: 'GET', path, query }, signal), path);
        found.push(...(page.entries ?? []));
        cursor = page.meta?.next_cursor ?? '';
        if (cursor === '') return found;
      }
    },
    changeCompute: (acl, operations, signal) =>
      batches(`/resources/acls/${part(acl)}/entries`, 'entries', operations, signal),
    dictionaryItems: (service, dictionary, signal) =>
      pages(`/service/${part(service)}/dictionary/${part(dictionary)}/items`, dictionaryItem, signal),
    changeDictionary: (service, dictionary, operations, signal) =>
      batches(`/service/${part(service)}/dictionary/${part(dictionary)}/items`, 'items', operations, signal),
  };
}
