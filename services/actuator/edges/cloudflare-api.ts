import { z } from 'zod';
import { EdgeError, type EdgeFault } from '../edge.ts';
import { exclusively } from '../vendor/exclusive.ts';
import { poll } from '../vendor/poll.ts';
import { answerAs, type VendorAnswer, type VendorHttp, type VendorRequest } from '../vendor/vendor-http.ts';

/** What the Cloudflare edge calls. Contract: developers.cloudflare.com/api, Lists and Rulesets; all throw EdgeError. */

const item = z.object({
  id: z.string(),
  ip: z.string().optional(),
  asn: z.number().optional(),
  comment: z.string().nullish(),
});
export type CloudflareItem = z.output<typeof item>;
export type NewCloudflareItem =
  | { readonly ip: string; readonly comment: string }
  | { readonly asn: number; readonly comment: string };

const accessRule = z.object({
  id: z.string(),
  mode: z.string(),
  notes: z.string().nullish(),
  configuration: z.object({ target: z.string(), value: z.string() }),
});
export type CloudflareAccessRule = z.output<typeof accessRule>;

const rule = z.object({
  id: z.string(),
  ref: z.string().nullish(),
  description: z.string().nullish(),
  expression: z.string().nullish(),
  action: z.string().nullish(),
  enabled: z.boolean().nullish(),
});
export type CloudflareRule = z.output<typeof rule>;
export interface NewCloudflareRule {
  readonly ref: string;
  readonly description: string;
  readonly expression: string;
  readonly action: string;
  readonly enabled: true;
}

export interface CloudflareApi {
  kindOf(list: string, signal: AbortSignal): Promise<string>;
  items(list: string, signal: AbortSignal): Promise<readonly CloudflareItem[]>;
  addItems(list: string, items: readonly NewCloudflareItem[], signal: AbortSignal): Promise<void>;
  removeItems(list: string, ids: readonly string[], signal: AbortSignal): Promise<void>;
  accessRules(signal: AbortSignal): Promise<readonly CloudflareAccessRule[]>;
  addAccessRule(body: object, signal: AbortSignal): Promise<void>;
  changeAccessRule(id: string, body: object, signal: AbortSignal): Promise<void>;
  removeAccessRule(id: string, signal: AbortSignal): Promise<void>;
  rules(ruleset: string, signal: AbortSignal): Promise<readonly CloudflareRule[]>;
  addRule(ruleset: string, body: NewCloudflareRule, signal: AbortSignal): Promise<void>;
  changeRule(ruleset: string, id: string, body: NewCloudflareRule, signal: AbortSignal): Promise<void>;
  removeRule(ruleset: string, id: string, signal: AbortSignal): Promise<void>;
}

export interface CloudflareApiOptions {
  readonly edge: string;
  readonly accountId: string;
  /** Access rules and rulesets of one zone; null: of the account. */
  readonly zoneId: string | null;
  readonly token: string;
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly pollMs: number;
  readonly operationMs: number;
}

const pageSize = 500;
const accessRulePageSize = 100;
/** Items in one bulk operation: large enough to be few, small enough to fail alone. */
const operationSize = 1000;

const errors = z.object({ errors: z.array(z.object({ code: z.number().optional(), message: z.string() })) });
/** Codes whose HTTP status says less than they do. */
const faults: { readonly [code: number]: EdgeFault } = {
  971: 'throttled',
  10040: 'throttled',
  10046: 'throttled',
  10100: 'throttled',
  9109: 'credential',
  10000: 'credential',
};

export function openCloudflareApi(http: VendorHttp, options: CloudflareApiOptions): CloudflareApi {
  const { accountId, zoneId } = options;
  const client = http.client({
    edge: options.edge,
    vendor: 'cloudflare',
    secrets: [options.token],
    baseUrl: options.endpoint,
    authorize: () => ({ authorization: `Bearer ${options.token}` }),
    // Cloudflare allows 1,200 requests in 5 minutes, and for lists 30,000 changing requests and 1,000,000 items in 12 h.
    limits: {
      requests: { capacity: 900, refillMs: 300_000 },
      writes: { capacity: 20_000, refillMs: 12 * 3_600_000 },
      items: { capacity: 750_000, refillMs: 12 * 3_600_000 },
    },
    timeoutMs: options.timeoutMs,
    explain: (_status, json) => {
      const said = errors.safeParse(json).data?.errors[0];
      if (said === undefined) return null;
      const fault = said.code === undefined ? undefined : faults[said.code];
      const message = `${said.code ?? ''} ${said.message}`.trim();
      if (fault !== undefined) return { fault, message };
      return isFull(said.message) ? { fault: 'full', message } : { message };
    },
  });
  const call = async (request: VendorRequest, signal: AbortSignal): Promise<VendorAnswer> => {
    const answer = await client.request(request, signal);
    const isRefused = (answer.json as { success?: boolean } | null)?.success === false;
    if (isRefused) throw new EdgeError('rejected', `${request.method} ${request.path}: success is false`);
    return answer;
  };
  const resultAs = <S extends z.ZodType>(schema: S, answer: VendorAnswer, what: string): z.output<S> => {
    const { result } = answerAs(z.object({ result: z.unknown() }), answer, what);
    return answerAs(schema, { ...answer, json: result }, what);
  };
  const list = (id: string) =>
    `/accounts/${encodeURIComponent(accountId)}/rules/lists/${encodeURIComponent(id)}`;
  const owner = zoneId === null ? `/accounts/${accountId}` : `/zones/${zoneId}`;
  const ruleset = (id: string) => `${owner}/rulesets/${encodeURIComponent(id)}`;
  const accessRulesPath = `${owner}/firewall/access_rules/rules`;

  const finished = (operation: string, signal: AbortSignal): Promise<void> =>
    poll<true>(
      async () => {
        const path = `/accounts/${accountId}/rules/lists/bulk_operations/${encodeURIComponent(operation)}`;
        const { status, error } = resultAs(
          z.object({ status: z.string(), error: z.string().nullish() }),
          await call({ method: 'GET', path }, signal),
          'bulk operation',
        );
        if (status === 'completed') return true;
        if (status !== 'failed') return null;
        const message = `bulk operation failed: ${error ?? 'no reason given'}`;
        throw new EdgeError(isFull(message) ? 'full' : 'rejected', message);
      },
      { what: 'the bulk operation', everyMs: options.pollMs, withinMs: options.operationMs, signal },
    ).then(() => {});
  /** The account takes one bulk operation at a time, over all lists. */
  const bulk = (request: Omit<VendorRequest, 'cost'>, items: number, signal: AbortSignal): Promise<void> =>
    exclusively(`cloudflare ${accountId}`, async () => {
      const answer = await call({ ...request, cost: { writes: 1, items } }, signal);
      const { operation_id: operation } = resultAs(z.object({ operation_id: z.string() }), answer, 'items');
      await finished(operation, signal);
    });
  const change = async (request: VendorRequest, signal: AbortSignal): Promise<void> => {
    await call({ ...request, cost: { writes: 1 } }, signal);
  };
  /** What somebody else removed meanwhile is gone all the same. */
  const remove = (path: string, signal: AbortSignal): Promise<void> =>
    change({ method: 'DELETE', path }, signal).catch((error: unknown) => {
      if (!(error instanceof EdgeError && error.fault === 'missing')) throw error;
    });

  return {
    kindOf: async (id, signal) =>
      resultAs(z.object({ kind: z.string() }), await call({ method: 'GET', path: list(id) }, signal), 'list')
        .kind,
    async items(id, signal) {
      const found: CloudflareItem[] = [];
      const cursors = z.object({ cursors: z.object({ after: z.string().nullish() }).nullish() }).nullish();
      for (let cursor = ''; ; ) {
        const answer = await call(
          {
            method: 'GET',
            path: `${list(id)}/items`,
            query: { per_page: pageSize, ...(cursor === '' ? {} : { cursor }) },
          },
          signal,
        );
        const page = answerAs(
          z.object({ result: z.array(item).nullable(), result_info: cursors }),
          answer,
          'items',
        );
        found.push(...(page.result ?? []));
        cursor = page.result_info?.cursors?.after ?? '';
        if (cursor === '') return found;
      }
    },
    async addItems(id, items, signal) {
      for (let start = 0; start < items.length; start += operationSize) {
        const batch = items.slice(start, start + operationSize);
        await bulk({ method: 'POST', path: `${list(id)}/items`, body: batch }, batch.length, signal);
      }
    },
    async removeItems(id, ids, signal) {
      for (let start = 0; start < ids.length; start += operationSize) {
        const batch = ids.slice(start, start + operationSize).map((one) => ({ id: one }));
        const request = { method: 'DELETE', path: `${list(id)}/items`, body: { items: batch } } as const;
        await bulk(request, batch.length, signal);
      }
    },
    async accessRules(signal) {
      const found: CloudflareAccessRule[] = [];
      for (let page = 1; ; page++) {
        const answer = await call(
          { method: 'GET', path: accessRulesPath, query: { per_page: accessRulePageSize, page } },
          signal,
        );
        const { result } = answerAs(z.object({ result: z.array(accessRule) }), answer, 'access rules');
        found.push(...result);
        if (result.length < accessRulePageSize) return found;
      }
    },
    addAccessRule: (body, signal) => change({ method: 'POST', path: accessRulesPath, body }, signal),
    changeAccessRule: (id, body, signal) =>
      change({ method: 'PATCH', path: `${accessRulesPath}/${encodeURIComponent(id)}`, body }, signal),
    removeAccessRule: (id, signal) => remove(`${accessRulesPath}/${encodeURIComponent(id)}`, signal),
    rules: async (id, signal) =>
      resultAs(
        z.object({ rules: z.array(rule).nullish() }),
        await call({ method: 'GET', path: ruleset(id) }, signal),
        'ruleset',
      ).rules ?? [],
    addRule: (id, body, signal) => change({ method: 'POST', path: `${ruleset(id)}/rules`, body }, signal),
    changeRule: (id, ruleId, body, signal) =>
      change({ method: 'PATCH', path: `${ruleset(id)}/rules/${encodeURIComponent(ruleId)}`, body }, signal),
    removeRule: (id, ruleId, signal) => remove(`${ruleset(id)}/rules/${encodeURIComponent(ruleId)}`, signal),
  };
}

function isFull(message: string): boolean {
  return /\b(limit|quota|maximum|too many items|exceed)/i.test(message);
}
