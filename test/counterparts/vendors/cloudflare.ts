import { z } from 'zod';
import { parseNetwork } from '../../../lib/ip.ts';
import type { StandIn } from './stand-in.ts';
import { startVendorServer, type VendorCall, type VendorReply } from './vendor-server.ts';

/**
 * Cloudflare's Lists, IP Access Rules and Rulesets, as their API reference and the `cloudflare` client describe them:
 * bulk operations are asynchronous and one at a time for the account, items are deleted by id, pages have cursors, an
 * empty replacement is refused. The vendor's client (npm cloudflare 7.3.0, too large to be a dependency) was run against
 * it once, by hand: list, items, bulk operations, access rules, ruleset and new rule passed.
 */

const comment = z.string().max(500);
const newItem = z.union([
  z.strictObject({ ip: z.string(), comment: comment.optional() }),
  z.strictObject({ asn: z.int().min(0).max(4_294_967_295), comment: comment.optional() }),
]);
const schemas = {
  append: z.array(newItem).min(1),
  remove: z.strictObject({ items: z.array(z.strictObject({ id: z.string() })).min(1) }),
  accessRule: z.strictObject({
    mode: z.enum(['block', 'challenge', 'js_challenge', 'managed_challenge', 'whitelist']),
    configuration: z.discriminatedUnion('target', [
      z.strictObject({ target: z.literal('ip6'), value: z.ipv6() }),
      z.strictObject({ target: z.literal('ip'), value: z.ipv4() }),
      z.strictObject({
        target: z.literal('ip_range'),
        value: z.string().regex(/^[0-9.]+\/(16|24)$|^[0-9a-f:]+\/(32|48|64)$/),
      }),
      z.strictObject({ target: z.literal('asn'), value: z.string().regex(/^AS\d+$/) }),
      z.strictObject({ target: z.literal('country'), value: z.string().regex(/^[A-Z][A-Z0-9]$/) }),
    ]),
    notes: z.string().optional(),
  }),
  accessRuleChange: z.strictObject({ mode: z.string().optional(), notes: z.string().optional() }),
  rule: z.strictObject({
    action: z.enum(['block', 'challenge', 'js_challenge', 'managed_challenge', 'log']),
    expression: z.string().min(1).max(4096),
    description: z.string().max(500),
    ref: z.string().max(64),
    enabled: z.boolean(),
  }),
};

export const accountId = 'a'.repeat(32);
export const zoneId = 'b'.repeat(32);
export const ipList = '1'.repeat(32);
export const asnList = '2'.repeat(32);
export const exemptList = '3'.repeat(32);
export const ruleset = '4'.repeat(32);

interface Item {
  readonly id: string;
  readonly value: string;
  readonly comment: string;
}
interface Operation {
  looksLeft: number;
  readonly run: () => string | null;
  status: 'pending' | 'running' | 'completed' | 'failed';
  error: string | null;
}

export interface CloudflareStandIn extends StandIn {
  readonly token: string;
  items(list: string): readonly Item[];
  rules(): readonly { readonly ref: string; readonly expression: string; readonly action: string }[];
}

export async function startCloudflare(options: {
  /** Items over all lists of the account. */
  readonly capacity: number;
  /** Looks at a bulk operation until it is done. */
  readonly looks?: number;
  /** Key of the entry that a rule stands for, by its ref. */
  readonly keyOfRef?: (ref: string) => string | null;
  /** Checks the expression of a rule; throws when it is none. */
  readonly checkExpression?: (text: string) => void;
}): Promise<CloudflareStandIn> {
  let token = 'cf-token';
  let created = 0;
  const nextId = () => (++created).toString(16).padStart(32, '0');
  const lists = new Map<string, { kind: 'ip' | 'asn'; items: Map<string, Item> }>([
    [ipList, { kind: 'ip', items: new Map() }],
    [asnList, { kind: 'asn', items: new Map() }],
    [exemptList, { kind: 'ip', items: new Map() }],
  ]);
  const operations = new Map<string, Operation>();
  const accessRules = new Map<string, z.output<typeof schemas.accessRule>>();
  let rules: (z.output<typeof schemas.rule> & { id: string })[] | null = [];
  const violations: string[] = [];

  const fine = (result: unknown, info: object = {}): VendorReply => ({
    status: 200,
    json: { success: true, errors: [], messages: [], result, ...info },
  });
  const failed = (status: number, code: number, message: string): VendorReply => ({
    status,
    json: { success: false, errors: [{ code, message }], messages: [], result: null },
  });
  const isVisible = (call: VendorCall, schema: z.ZodType): VendorReply | null => {
    const checked = schema.safeParse(call.body);
    if (checked.success) return null;
    violations.push(`${call.method} ${call.path}: ${z.prettifyError(checked.error)} ${call.text}`);
    return failed(400, 10_001, 'malformed request');
  };
  const total = () => [...lists.values()].reduce((sum, { items }) => sum + items.size, 0);
  const begin = (run: () => string | null): VendorReply => {
    const busy = [...operations.values()].some(({ status }) => status === 'pending' || status === 'running');
    if (busy) return failed(429, 10_046, 'too many bulk operations in progress');
    const id = nextId();
    operations.set(id, { looksLeft: options.looks ?? 2, run, status: 'pending', error: null });
    return fine({ operation_id: id });
  };
  /** Operations go on whether anybody looks or not. */
  const tick = (): void => {
    for (const operation of operations.values()) {
      if (operation.status === 'completed' || operation.status === 'failed') continue;
      operation.status = 'running';
      if (--operation.looksLeft > 0) continue;
      operation.error = operation.run();
      operation.status = operation.error === null ? 'completed' : 'failed';
    }
  };
  const canonical = (kind: 'ip' | 'asn', item: z.output<typeof newItem>): string | null => {
    if ('asn' in item) return kind === 'asn' ? String(item.asn) : null;
    const network = kind === 'ip' ? parseNetwork(item.ip) : null;
    if (network === null) return null;
    const length = Number(item.ip.split('/')[1] ?? (item.ip.includes(':') ? 128 : 32));
    const isSayable = item.ip.includes(':') ? length >= 12 && length <= 64 : length >= 8;
    return isSayable ? item.ip.toLowerCase() : null;
  };

  const listItems = (call: VendorCall, id: string): VendorReply => {
    const list = lists.get(id);
    if (list === undefined) return failed(404, 10_001, 'could not find list');
    if (call.method === 'GET') {
      const size = Number(call.query.get('per_page'));
      if (!(size >= 1 && size <= 500)) return failed(400, 10_001, 'per_page');
      const all = [...list.items.values()];
      const from = Number(call.query.get('cursor') ?? 0);
      const page = all.slice(from, from + size).map(({ id: itemId, value, comment: said }) => ({
        id: itemId,
        ...(list.kind === 'asn' ? { asn: Number(value) } : { ip: value }),
        comment: said,
        created_on: '2026-01-01T00:00:00Z',
        modified_on: '2026-01-01T00:00:00Z',
      }));
      const after = from + size < all.length ? { cursors: { after: String(from + size) } } : {};
      return fine(page, { result_info: after });
    }
    if (call.method === 'POST') {
      const bad = isVisible(call, schemas.append);
      if (bad !== null) return bad;
      const items = call.body as z.output<typeof schemas.append>;
      const values = items.map((item) => canonical(list.kind, item));
      if (values.includes(null)) {
        violations.push(`not for a list of kind ${list.kind}: ${call.text}`);
        return failed(400, 10_001, 'invalid item');
      }
      return begin(() => {
        const fresh = new Set(values.filter((value) => !list.items.has(value!)));
        if (total() + fresh.size > options.capacity) {
          violations.push(`more than ${options.capacity} items`);
          return 'exceeded the maximum number of list items';
        }
        for (const [index, item] of items.entries())
          list.items.set(values[index]!, {
            id: list.items.get(values[index]!)?.id ?? nextId(),
            value: values[index]!,
            comment: item.comment ?? '',
          });
        return null;
      });
    }
    if (call.method === 'DELETE') {
      const bad = isVisible(call, schemas.remove);
      if (bad !== null) return bad;
      const ids = new Set((call.body as z.output<typeof schemas.remove>).items.map((item) => item.id));
      return begin(() => {
        for (const [value, item] of list.items) if (ids.has(item.id)) list.items.delete(value);
        return null;
      });
    }
    violations.push(`${call.method} ${call.path}`);
    return failed(405, 10_001, 'no such method');
  };
  const accessRule = (call: VendorCall, id: string | undefined): VendorReply => {
    if (call.method === 'GET') {
      const size = Number(call.query.get('per_page') ?? 20);
      const page = Number(call.query.get('page') ?? 1);
      const all = [...accessRules].map(([ruleId, body]) => ({ id: ruleId, ...body }));
      return fine(all.slice((page - 1) * size, page * size), { result_info: { page, per_page: size } });
    }
    if (call.method === 'POST') {
      const bad = isVisible(call, schemas.accessRule);
      if (bad !== null) return bad;
      const body = call.body as z.output<typeof schemas.accessRule>;
      const same = [...accessRules.values()].some(
        ({ configuration }) => JSON.stringify(configuration) === JSON.stringify(body.configuration),
      );
      if (same) return failed(400, 10_009, 'firewallaccessrules.api.duplicate_of_existing');
      accessRules.set(nextId(), body);
      return fine({});
    }
    if (id === undefined || !accessRules.has(id)) return failed(404, 10_001, 'not found');
    if (call.method === 'DELETE') accessRules.delete(id);
    else {
      const bad = isVisible(call, schemas.accessRuleChange);
      if (bad !== null) return bad;
      accessRules.set(id, { ...accessRules.get(id)!, ...(call.body as object) });
    }
    return fine({ id });
  };
  const rulesOf = (call: VendorCall, ruleId: string | undefined): VendorReply => {
    if (rules === null) return failed(404, 10_014, 'could not find ruleset');
    if (call.method === 'GET') return fine({ id: ruleset, kind: 'zone', rules });
    const at = rules.findIndex(({ id }) => id === ruleId);
    if (call.method === 'DELETE') {
      if (at < 0) return failed(404, 10_014, 'could not find rule');
      rules.splice(at, 1);
      return fine({ id: ruleset, rules });
    }
    const bad = isVisible(call, schemas.rule);
    if (bad !== null) return bad;
    const body = call.body as z.output<typeof schemas.rule>;
    try {
      options.checkExpression?.(body.expression);
    } catch (error) {
      violations.push(`${(error as Error).message}: ${body.expression}`);
      return failed(400, 20_127, `'${body.expression}' is not a valid value for expression`);
    }
    if (rules.some(({ id, ref }) => ref === body.ref && id !== ruleId))
      return failed(400, 20_129, 'duplicate ref');
    if (call.method === 'POST') rules.push({ id: nextId(), ...body });
    else if (at < 0) return failed(404, 10_014, 'could not find rule');
    else rules[at] = { id: ruleId!, ...body };
    return fine({ id: ruleset, rules });
  };

  const server = await startVendorServer((call) => {
    tick();
    if (call.headers.authorization !== `Bearer ${token}`) return failed(403, 10_000, 'Authentication error');
    const account = `/accounts/${accountId}`;
    const operation = call.path.match(`^${account}/rules/lists/bulk_operations/(\\w+)$`);
    if (operation !== null) {
      const found = operations.get(operation[1]!);
      if (found === undefined) return failed(404, 10_001, 'no such operation');
      return fine({
        id: operation[1],
        status: found.status,
        ...(found.error === null ? {} : { error: found.error }),
      });
    }
    const items = call.path.match(`^${account}/rules/lists/(\\w+)(/items)?$`);
    if (items?.[2] !== undefined) return listItems(call, items[1]!);
    if (items !== null && call.method === 'GET') {
      const list = lists.get(items[1]!);
      return list === undefined
        ? failed(404, 10_001, 'could not find list')
        : fine({ id: items[1], kind: list.kind, num_items: list.items.size });
    }
    const access = call.path.match(
      `^(?:${account}|/zones/${zoneId})/firewall/access_rules/rules(?:/(\\w+))?$`,
    );
    if (access !== null) return accessRule(call, access[1]);
    const rule = call.path.match(`^/zones/${zoneId}/rulesets/${ruleset}(?:/rules(?:/(\\w+))?)?$`);
    if (rule !== null) return rulesOf(call, rule[1]);
    violations.push(`${call.method} ${call.path}`);
    return failed(404, 7003, 'no such route');
  });
  const keyOf = (kind: 'ip' | 'asn', value: string): string => {
    if (kind === 'asn') return `asn|${value}`;
    const length = value.includes('/') ? '' : value.includes(':') ? '/128' : '/32';
    return `${value.includes(':') ? 'ip6' : 'ip4'}|${value}${length}`;
  };

  return {
    server,
    token,
    violations,
    items: (list) => [...(lists.get(list)?.items.values() ?? [])],
    rules: () => rules ?? [],
    keys: () => [
      ...(rules ?? []).map(({ ref, id }) => options.keyOfRef?.(ref) ?? `signature|rule ${id}`),
      ...[ipList, asnList].flatMap((id) =>
        [...(lists.get(id)?.items.values() ?? [])].map((item) =>
          keyOf(id === asnList ? 'asn' : 'ip', item.value),
        ),
      ),
      ...[...accessRules.values()].map(({ configuration: { target, value } }) =>
        target === 'asn' || target === 'country'
          ? `${target}|${value.replace(/^AS(?=\d)/, '')}`
          : keyOf('ip', value),
      ),
    ],
    plant(keys) {
      for (const key of keys) {
        const [kind, value = ''] = key.split('|');
        if (kind === 'signature') {
          const id = value.replace('rule ', '');
          const by = { ref: id, description: 'by the network team', enabled: true };
          rules!.push({ id, action: 'block', expression: 'ssl', ...by });
          continue;
        }
        const list = lists.get(kind === 'asn' ? asnList : ipList)!;
        const text = kind === 'asn' ? value : value.replace(/\/32$/, '');
        list.items.set(text, { id: nextId(), value: text, comment: 'ours, said the network team' });
      }
    },
    vanish() {
      lists.clear();
      rules = null;
    },
    revoke() {
      token = 'another';
    },
  };
}
