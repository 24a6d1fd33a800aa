import { z } from 'zod';
import { parseNetwork } from '../../../lib/ip.ts';
import { edgeGridAuthorization } from '../../../services/actuator/edges/akamai-edgegrid.ts';
import type { StandIn } from './stand-in.ts';
import { startVendorServer, type VendorCall, type VendorReply } from './vendor-server.ts';

/**
 * Akamai's Client Lists API v1, written after its documentation and pkg/clientlists of the vendor's Go client: items
 * are appended, updated and deleted by value; a change makes a new version; a version takes effect when its activation
 * is done, and only one activation runs on a network. Signatures are verified as EdgeGrid does (its own test holds
 * them against the vendor's package).
 */

const item = z.strictObject({
  value: z.string().min(1),
  description: z.string().max(1024).optional(),
  tags: z.array(z.string()).optional(),
  expirationDate: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
    .optional(),
});
const items = z.strictObject({
  append: z.array(item),
  update: z.array(item),
  delete: z.array(z.strictObject({ value: z.string() })),
});
const activation = z.strictObject({
  action: z.enum(['ACTIVATE', 'DEACTIVATE']),
  network: z.enum(['STAGING', 'PRODUCTION']),
  comments: z.string(),
  notificationRecipients: z.array(z.string()),
  siebelTicketId: z.string(),
});

interface List {
  readonly type: string;
  version: number;
  items: Map<string, z.output<typeof item>>;
  readonly networks: Map<string, { status: string; version: number; looksLeft: number; values: string[] }>;
}

export const listIds = { IP: '101_IP', GEO: '102_GEO', ASN: '103_ASN', TLS_FINGERPRINT: '104_TLS' } as const;

export interface AkamaiStandIn extends StandIn {
  readonly credential: { client_token: string; access_token: string; client_secret: string };
  /** What holds on a network. */
  active(type: keyof typeof listIds, network?: string): readonly string[];
  itemsOf(type: keyof typeof listIds): ReadonlyMap<string, z.output<typeof item>>;
  /** The next activation ends as FAILED. */
  failNextActivation(): void;
  activations(): number;
}

export async function startAkamai(options: { readonly capacity: number }): Promise<AkamaiStandIn> {
  const credential = { client_token: 'akab-ct', access_token: 'akab-at', client_secret: 'akab-secret' };
  let secret = credential.client_secret;
  let failNext = false;
  let activations = 0;
  const lists = new Map<string, List>(
    Object.entries(listIds).map(([type, id]) => [
      id,
      { type, version: 1, items: new Map(), networks: new Map() },
    ]),
  );
  const violations: string[] = [];
  const problem = (status: number, title: string, detail: string): VendorReply => ({
    status,
    headers: { 'content-type': 'application/problem+json' },
    json: { type: 'https://problems.luna.akamaiapis.net/client-list', title, status, detail },
  });
  const fine = (json: unknown, status = 200): VendorReply => ({ status, json });
  const isSigned = (call: VendorCall): boolean => {
    const header = call.headers.authorization ?? '';
    const match = /timestamp=(\d{4})(\d\d)(\d\d)T(\d\d:\d\d:\d\d)\+0000;nonce=([^;]+);/.exec(header);
    if (match === null) return false;
    const [, year, month, day, time, nonce] = match;
    const query = call.query.toString();
    const url = new URL(`${server.url}${call.path}${query === '' ? '' : `?${query}`}`);
    const expected = edgeGridAuthorization(
      { method: call.method, url, body: call.text },
      { ...credential, client_secret: secret },
      Date.parse(`${year}-${month}-${day}T${time}Z`),
      nonce!,
    );
    return header === expected;
  };
  const checked = <S extends z.ZodType>(call: VendorCall, schema: S): z.output<S> | null => {
    const result = schema.safeParse(call.body);
    if (result.success) return result.data as z.output<S>;
    violations.push(
      `${call.method} ${call.path}: ${z.prettifyError(result.error)} ${call.text.slice(0, 300)}`,
    );
    return null;
  };
  const fits = (type: string, value: string): boolean =>
    type === 'IP'
      ? parseNetwork(value) !== null
      : type === 'GEO'
        ? /^[A-Z][A-Z0-9]$/.test(value)
        : type === 'ASN'
          ? /^\d+$/.test(value)
          : true;
  const tick = (): void => {
    for (const list of lists.values())
      for (const network of list.networks.values()) {
        if (network.status !== 'PENDING_ACTIVATION' || --network.looksLeft > 0) continue;
        network.status = failNext ? 'FAILED' : 'ACTIVE';
        if (!failNext) network.values = network.values.slice();
        failNext = false;
      }
  };
  const changeItems = (call: VendorCall, list: List): VendorReply => {
    const body = checked(call, items);
    if (body === null) return problem(400, 'Bad request', 'malformed');
    const next = new Map(list.items);
    for (const { value } of body.delete) next.delete(value);
    for (const one of [...body.append, ...body.update]) {
      if (!fits(list.type, one.value)) {
        violations.push(`not for a list of type ${list.type}: ${one.value}`);
        return problem(400, 'Invalid item', one.value);
      }
      next.set(one.value, one);
    }
    for (const { value } of body.update)
      if (!list.items.has(value)) return problem(400, 'Unknown item', value);
    if (next.size > options.capacity) {
      violations.push(`more than ${options.capacity} items`);
      return problem(400, 'Limit', 'the maximum number of items is exceeded');
    }
    const isChanged = JSON.stringify([...next]) !== JSON.stringify([...list.items]);
    list.items = next;
    const isLatestActivated = [...list.networks.values()].some(({ version }) => version === list.version);
    if (isChanged && isLatestActivated) list.version++;
    return fine({ appended: body.append, updated: body.update, deleted: body.delete });
  };
  const activate = (call: VendorCall, list: List): VendorReply => {
    const body = checked(call, activation);
    if (body === null) return problem(400, 'Bad request', 'malformed');
    if (list.networks.get(body.network)?.status === 'PENDING_ACTIVATION')
      return problem(409, 'Conflict', 'an activation is in progress');
    activations++;
    const values = [...list.items.keys()];
    const state = { status: 'PENDING_ACTIVATION', version: list.version, looksLeft: 3, values };
    list.networks.set(body.network, state);
    return fine({ activationId: activations, activationStatus: state.status, version: list.version });
  };

  const server = await startVendorServer((call) => {
    tick();
    if (!isSigned(call)) return problem(401, 'Not authorized', 'The signature does not match');
    const [, id = '', rest = ''] = /^\/client-list\/v1\/lists\/(\w+)(\/.*)?$/.exec(call.path) ?? [];
    const list = lists.get(id);
    if (list === undefined) return problem(404, 'Not Found', `list ${id} does not exist`);
    if (call.method === 'GET' && rest === '')
      return fine({
        listId: id,
        name: id,
        type: list.type,
        version: list.version,
        itemsCount: list.items.size,
        ...(call.query.get('includeItems') === 'true' ? { items: [...list.items.values()] } : {}),
      });
    if (call.method === 'POST' && rest === '/items') return changeItems(call, list);
    if (call.method === 'POST' && rest === '/activations') return activate(call, list);
    const network = /^\/environments\/(STAGING|PRODUCTION)\/status$/.exec(rest)?.[1];
    if (call.method === 'GET' && network !== undefined) {
      const state = list.networks.get(network);
      if (state === undefined) return fine({ activationStatus: 'INACTIVE', version: 0 });
      return fine({
        action: 'ACTIVATE',
        activationId: 1,
        activationStatus:
          state.status === 'ACTIVE' && state.version < list.version ? 'MODIFIED' : state.status,
        version: state.version,
        listId: id,
        network,
      });
    }
    violations.push(`${call.method} ${call.path}`);
    return problem(404, 'Not Found', call.path);
  });
  const kinds: { readonly [type: string]: string } = { GEO: 'country', ASN: 'asn', TLS_FINGERPRINT: 'ja4' };
  const keyOf = (type: string, value: string): string => {
    if (type !== 'IP') return `${kinds[type]}|${value}`;
    const length = value.includes('/') ? '' : value.includes(':') ? '/128' : '/32';
    return `${value.includes(':') ? 'ip6' : 'ip4'}|${value}${length}`;
  };
  return {
    server,
    credential,
    violations,
    itemsOf: (type) => lists.get(listIds[type])!.items,
    active(type, network = 'PRODUCTION') {
      const state = lists.get(listIds[type])!.networks.get(network);
      return state?.status === 'ACTIVE' ? [...state.values].sort() : [];
    },
    failNextActivation() {
      failNext = true;
    },
    activations: () => activations,
    keys: () =>
      [...lists.values()].flatMap((list) => [...list.items.keys()].map((value) => keyOf(list.type, value))),
    plant(keys) {
      for (const key of keys) {
        const [kind = '', value = ''] = key.split('|');
        const list = [...lists.values()].find(({ type }) =>
          kind.startsWith('ip') ? type === 'IP' : kinds[type] === kind,
        )!;
        const text = value.replace(/\/32$/, '');
        list.items.set(text, { value: text, description: 'blocked by Ada' });
      }
    },
    vanish() {
      lists.clear();
    },
    revoke() {
      secret = 'another';
    },
  };
}
