import { z } from 'zod';
import { parseIp } from '../../../lib/ip.ts';
import type { StandIn } from './stand-in.ts';
import { startVendorServer, type VendorCall, type VendorReply } from './vendor-server.ts';

/**
 * Fastly's ACL entries, Compute ACLs and dictionary items, as the API reference and go-fastly describe them: batches of
 * at most 1,000 operations that hold altogether or not at all, deletion by id, `negated` as a number, address and
 * length apart, changes of Compute ACLs visible later, and an hourly budget in headers.
 */

const comment = z.string().max(4096);
const acl = z.strictObject({
  entries: z
    .array(
      z.discriminatedUnion('op', [
        z.strictObject({
          op: z.literal('create'),
          ip: z.string().refine((text) => parseIp(text) !== null),
          subnet: z.int().min(0).max(128).optional(),
          negated: z.union([z.literal(0), z.literal(1)]),
          comment,
        }),
        z.strictObject({ op: z.literal('update'), id: z.string(), comment }),
        z.strictObject({ op: z.literal('delete'), id: z.string() }),
      ]),
    )
    .min(1)
    .max(1000),
});
const compute = z.strictObject({
  entries: z
    .array(
      z.discriminatedUnion('op', [
        z.strictObject({
          op: z.literal('create'),
          prefix: z.string().includes('/'),
          action: z.enum(['BLOCK', 'ALLOW']),
        }),
        z.strictObject({
          op: z.literal('update'),
          prefix: z.string().includes('/'),
          action: z.enum(['BLOCK', 'ALLOW']),
        }),
        z.strictObject({ op: z.literal('delete'), prefix: z.string().includes('/') }),
      ]),
    )
    .min(1)
    .max(1000),
});
const dictionary = z.strictObject({
  items: z
    .array(
      z.discriminatedUnion('op', [
        z.strictObject({
          op: z.literal('upsert'),
          item_key: z.string().min(1).max(256),
          item_value: z.string().max(8000),
        }),
        z.strictObject({ op: z.literal('delete'), item_key: z.string() }),
      ]),
    )
    .min(1)
    .max(1000),
});

export const serviceId = 'SU1Z0isxPaozGVKXdv0eY';
export const aclId = '6tUXdegLTf5BCig0zGFrU3';
export const computeAclId = 'aclCompute1';
export const dictionaryId = '3vjTN8v1O7nOAY7aNDGOL';

interface AclEntry {
  readonly id: string;
  readonly ip: string;
  readonly subnet: number | null;
  readonly negated: number;
  readonly comment: string;
}

export interface FastlyStandIn extends StandIn {
  readonly token: string;
  /** Changes left this hour. */
  remaining: number;
  dictionary(): ReadonlyMap<string, string>;
  negate(ip: string): void;
}

export async function startFastly(options: {
  readonly capacity: number;
  /** Addresses are planted in the Compute ACL instead of the edge ACL. */
  readonly isCompute?: boolean;
}): Promise<FastlyStandIn> {
  let token = 'fastly-token';
  let isThere = true;
  let created = 0;
  const nextId = () => `id${++created}`;
  let entries = new Map<string, AclEntry>();
  let items = new Map<string, string>();
  /** What Compute ACLs hold, and what readers see of it. */
  const prefixes = new Map<string, string>();
  let shown = new Map<string, string>();
  let looksUntilShown = 0;
  const violations: string[] = [];

  const fine = (json: unknown, status = 200): VendorReply => ({
    status,
    json,
    headers: {
      'fastly-ratelimit-remaining': String(standIn.remaining),
      'fastly-ratelimit-reset': '1800003600',
    },
  });
  const failed = (status: number, msg: string): VendorReply => ({ status, json: { msg, detail: '' } });
  const checked = <S extends z.ZodType>(call: VendorCall, schema: S): z.output<S> | null => {
    const result = schema.safeParse(call.body);
    if (result.success) return result.data as z.output<S>;
    violations.push(
      `${call.method} ${call.path}: ${z.prettifyError(result.error)} ${call.text.slice(0, 300)}`,
    );
    return null;
  };
  const page = <T>(call: VendorCall, all: readonly T[]): VendorReply => {
    const size = Number(call.query.get('per_page') ?? 20);
    if (size > 100) violations.push(`per_page ${size}`);
    const from = (Number(call.query.get('page') ?? 1) - 1) * size;
    return fine(all.slice(from, from + size));
  };
  const changeAcl = (call: VendorCall): VendorReply => {
    const body = checked(call, acl);
    if (body === null) return failed(400, 'Bad request');
    const next = new Map(entries);
    for (const operation of body.entries) {
      if (operation.op === 'create')
        next.set(nextId(), {
          id: `id${created}`,
          ip: operation.ip,
          subnet: operation.subnet ?? null,
          negated: operation.negated,
          comment: operation.comment,
        });
      else if (!next.has(operation.id)) return failed(400, `Couldn't find ACL entry ${operation.id}`);
      else if (operation.op === 'delete') next.delete(operation.id);
      else next.set(operation.id, { ...next.get(operation.id)!, comment: operation.comment });
    }
    if (next.size > options.capacity) {
      violations.push(`more than ${options.capacity} entries`);
      return failed(400, 'Exceeding max number of ACL entries');
    }
    entries = next;
    return fine({ status: 'ok' });
  };
  const changeCompute = (call: VendorCall): VendorReply => {
    const body = checked(call, compute);
    if (body === null) return failed(400, 'Bad request');
    for (const operation of body.entries) {
      if (operation.op === 'delete') prefixes.delete(operation.prefix);
      else prefixes.set(operation.prefix, operation.action);
    }
    if (prefixes.size > options.capacity) violations.push(`more than ${options.capacity} prefixes`);
    looksUntilShown = 2;
    return fine(undefined, 202);
  };
  const changeItems = (call: VendorCall): VendorReply => {
    const body = checked(call, dictionary);
    if (body === null) return failed(400, 'Bad request');
    const next = new Map(items);
    for (const operation of body.items) {
      if (operation.op === 'delete') {
        if (!next.delete(operation.item_key)) return failed(400, 'Item not found');
      } else next.set(operation.item_key, operation.item_value);
    }
    if (next.size > options.capacity) {
      violations.push(`more than ${options.capacity} items`);
      return failed(400, 'Exceeding max number of items');
    }
    items = next;
    return fine({ status: 'ok' });
  };

  const server = await startVendorServer((call) => {
    if (call.headers['fastly-key'] !== token)
      return failed(401, 'Provided credentials are missing or invalid');
    if (!isThere) return failed(404, 'Record not found');
    if (call.method !== 'GET') {
      if (standIn.remaining <= 0)
        return {
          status: 429,
          headers: { 'retry-after': '60' },
          json: { msg: 'You have exceeded your hourly rate limit' },
        };
      standIn.remaining--;
    }
    const route = `${call.method} ${call.path}`;
    switch (route) {
      case `GET /service/${serviceId}/acl/${aclId}/entries`:
        return page(
          call,
          [...entries.values()].map((entry) => ({ ...entry, negated: String(entry.negated) })),
        );
      case `PATCH /service/${serviceId}/acl/${aclId}/entries`:
        return changeAcl(call);
      case `GET /resources/acls/${computeAclId}/entries`: {
        if (--looksUntilShown <= 0) shown = new Map(prefixes);
        const all = [...shown].map(([prefix, action]) => ({ prefix, action }));
        const size = Number(call.query.get('limit') ?? 100);
        const from = Number(call.query.get('cursor') ?? 0);
        const next = from + size < all.length ? String(from + size) : '';
        return fine({ entries: all.slice(from, from + size), meta: { limit: size, next_cursor: next } });
      }
      case `PATCH /resources/acls/${computeAclId}/entries`:
        return changeCompute(call);
      case `GET /service/${serviceId}/dictionary/${dictionaryId}/items`:
        return page(
          call,
          [...items].map(([item_key, item_value]) => ({ item_key, item_value })),
        );
      case `PATCH /service/${serviceId}/dictionary/${dictionaryId}/items`:
        return changeItems(call);
      default:
        violations.push(route);
        return failed(404, 'Record not found');
    }
  });
  const keyOf = (text: string): string => {
    const length = text.includes('/') ? '' : text.includes(':') ? '/128' : '/32';
    return `${text.includes(':') ? 'ip6' : 'ip4'}|${text}${length}`;
  };
  const standIn: FastlyStandIn = {
    server,
    token,
    violations,
    remaining: 1_000_000,
    dictionary: () => items,
    keys: () => [
      ...[...entries.values()].map(({ ip, subnet }) => keyOf(subnet === null ? ip : `${ip}/${subnet}`)),
      ...[...prefixes.keys()].map(keyOf),
      ...[...items.keys()].map((key) => key.replace(':', '|')),
    ],
    plant(keys) {
      for (const key of keys) {
        const [kind, value = ''] = key.split('|');
        if (kind !== 'ip4' && kind !== 'ip6') items.set(`${kind}:${value}`, '1');
        else if (options.isCompute === true) prefixes.set(value, 'BLOCK');
        else {
          const [ip = '', subnet = ''] = value.split('/');
          const id = nextId();
          entries.set(id, { id, ip, subnet: Number(subnet), negated: 0, comment: 'by hand' });
        }
      }
    },
    negate(ip) {
      const id = nextId();
      entries.set(id, { id, ip, subnet: null, negated: 1, comment: 'our office' });
    },
    vanish() {
      isThere = false;
    },
    revoke() {
      token = 'another';
    },
  };
  return standIn;
}
