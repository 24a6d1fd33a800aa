import { createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { isV4, parseNetwork } from '../../../lib/ip.ts';
import type { StandIn } from './stand-in.ts';
import { startVendorServer, type VendorCall, type VendorReply } from './vendor-server.ts';

/**
 * Google's address groups (Network Security API v1), security policy rules (Compute API v1), token endpoint and
 * metadata server, after Google's REST reference and discovery documents: long-running operations that take effect when
 * they are done, one at a time for a resource, request ids that are honoured once, a capacity fixed at creation.
 */

const groupChange = z.strictObject({ items: z.array(z.string()).min(1).max(1000), requestId: z.uuid() });
const rule = z.strictObject({
  priority: z.int().min(0).max(2_147_483_646),
  action: z.string().regex(/^(allow|deny\((403|404|502)\)|throttle|rate_based_ban|redirect)$/),
  description: z.string().max(64),
  match: z.strictObject({ expr: z.strictObject({ expression: z.string().min(1).max(2048) }) }),
});

export const groups = {
  ip4: 'projects/p1/locations/global/addressGroups/tidegate-v4',
  ip6: 'projects/p1/locations/global/addressGroups/tidegate-v6',
  exempt4: 'projects/p1/locations/global/addressGroups/tidegate-exempt-v4',
  exempt6: 'projects/p1/locations/global/addressGroups/tidegate-exempt-v6',
} as const;
export const policy = 'projects/p1/global/securityPolicies/edge';

interface Operation {
  looksLeft: number;
  readonly resource: string;
  readonly run: () => string | null;
  error: string | null;
  isDone: boolean;
}
type Rule = z.output<typeof rule>;

export interface GoogleStandIn extends StandIn {
  /** Text of a service account key file whose tokens are taken. */
  readonly keyFile: string;
  readonly metadataUrl: string;
  items(group: keyof typeof groups): readonly string[];
  rules(): readonly Rule[];
  tokensGiven(): number;
}

/** Made once: it takes a while. */
let pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } | null = null;

export async function startGoogle(options: {
  readonly capacity: number;
  /** Key of the entry that a rule stands for, by its description. */
  readonly keyOfRule?: (description: string) => string | null;
  readonly checkExpression?: (text: string) => void;
}): Promise<GoogleStandIn> {
  pair ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey, publicKey } = pair;
  const contents = new Map<string, Set<string>>(Object.values(groups).map((name) => [name, new Set()]));
  let rules: Rule[] | null = [{ priority: 2_147_483_647, action: 'allow' } as unknown as Rule];
  const operations = new Map<string, Operation>();
  const requests = new Map<string, string>();
  const token = 'google-token';
  let isRevoked = false;
  let tokensGiven = 0;
  const violations: string[] = [];

  const fine = (json: unknown): VendorReply => ({ status: 200, json });
  const failed = (code: number, status: string, message: string): VendorReply => ({
    status: code,
    json: { error: { code, status, message } },
  });
  const checked = <S extends z.ZodType>(call: VendorCall, schema: S): z.output<S> | null => {
    const result = schema.safeParse(call.body);
    if (result.success) return result.data as z.output<S>;
    violations.push(
      `${call.method} ${call.path}: ${z.prettifyError(result.error)} ${call.text.slice(0, 300)}`,
    );
    return null;
  };
  const begin = (resource: string, run: () => string | null): string => {
    const name = `operation-${operations.size + 1}`;
    operations.set(name, { looksLeft: 2, resource, run, error: null, isDone: false });
    return name;
  };
  const isBusy = (resource: string): boolean =>
    [...operations.values()].some((operation) => operation.resource === resource && !operation.isDone);
  const tick = (): void => {
    for (const operation of operations.values()) {
      if (operation.isDone || --operation.looksLeft > 0) continue;
      operation.error = operation.run();
      operation.isDone = true;
    }
  };
  const changeGroup = (call: VendorCall, name: string, change: string): VendorReply => {
    const items = contents.get(name);
    if (items === undefined) return failed(404, 'NOT_FOUND', `${name} was not found`);
    const body = checked(call, groupChange);
    if (body === null) return failed(400, 'INVALID_ARGUMENT', 'malformed');
    const before = requests.get(body.requestId);
    if (before !== undefined) return fine(groupOperation(before));
    if (isBusy(name)) return failed(409, 'ABORTED', 'another operation on the resource is in progress');
    const wanted = name.endsWith('v6') ? 'ip6' : 'ip4';
    for (const text of body.items) {
      const network = parseNetwork(text);
      const kind = network === null ? null : isV4(network.address) && network.prefix >= 96 ? 'ip4' : 'ip6';
      if (kind !== wanted) {
        violations.push(`not for ${name}: ${text}`);
        return failed(400, 'INVALID_ARGUMENT', `invalid item ${text}`);
      }
    }
    const operation = begin(name, () => {
      const next = new Set(items);
      for (const text of body.items) change === 'addItems' ? next.add(text) : next.delete(text);
      if (next.size > options.capacity) {
        violations.push(`more than ${options.capacity} items`);
        return 'the capacity of the address group is exceeded';
      }
      items.clear();
      for (const text of next) items.add(text);
      return null;
    });
    requests.set(body.requestId, operation);
    return fine(groupOperation(operation));
  };
  const groupOperation = (name: string) => {
    const { isDone, error } = operations.get(name)!;
    return {
      name: `projects/p1/locations/global/operations/${name}`,
      done: isDone,
      ...(error === null ? {} : { error: { code: 8, message: error } }),
    };
  };
  const ruleOperation = (name: string) => {
    const { isDone, error } = operations.get(name)!;
    return {
      name,
      status: isDone ? 'DONE' : 'RUNNING',
      ...(error === null ? {} : { error: { errors: [{ code: 'INVALID', message: error }] } }),
    };
  };
  const changeRules = (call: VendorCall, change: string): VendorReply => {
    if (rules === null) return failed(404, 'NOT_FOUND', 'the policy was not found');
    if (isBusy(policy)) return failed(400, 'RESOURCE_NOT_READY', 'the resource is not ready');
    const priority = Number(call.query.get('priority'));
    if (change === 'removeRule') {
      if (!rules.some((one) => one.priority === priority))
        return failed(400, 'INVALID_ARGUMENT', 'no rule of that priority');
      const operation = begin(policy, () => {
        rules = rules!.filter((one) => one.priority !== priority);
        return null;
      });
      return fine(ruleOperation(operation));
    }
    const body = checked(call, rule);
    if (body === null) return failed(400, 'INVALID_ARGUMENT', 'malformed');
    try {
      options.checkExpression?.(body.match.expr.expression);
    } catch (error) {
      violations.push(`${(error as Error).message}: ${body.match.expr.expression}`);
      return failed(400, 'INVALID_ARGUMENT', 'invalid expression');
    }
    const isThere = rules.some((one) => one.priority === body.priority);
    if (isThere === (change === 'addRule'))
      return failed(400, 'INVALID_ARGUMENT', 'the priority is taken, or is not');
    const operation = begin(policy, () => {
      rules = [...rules!.filter((one) => one.priority !== body.priority), body];
      return null;
    });
    return fine(ruleOperation(operation));
  };
  const giveToken = (call: VendorCall): VendorReply => {
    const form = new URLSearchParams(call.text);
    const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const isGood = createVerify('RSA-SHA256')
      .update(`${header}.${claims}`)
      .verify(publicKey, signature, 'base64url');
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8') || '{}');
    const isMeant =
      said.aud === `${server.url}/token` && said.exp - said.iat === 3600 && said.iss === 'sa@p1';
    if (!isGood || !isMeant || form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return { status: 400, json: { error: 'invalid_grant', error_description: 'Invalid JWT' } };
    tokensGiven++;
    return fine({ access_token: token, expires_in: 3600, token_type: 'Bearer' });
  };

  const server = await startVendorServer((call) => {
    if (call.path === '/token') return giveToken(call);
    if (call.path === '/metadata') {
      if (call.headers['metadata-flavor'] !== 'Google') return { status: 403 };
      tokensGiven++;
      return fine({ access_token: token, expires_in: 3600, token_type: 'Bearer' });
    }
    tick();
    if (isRevoked || call.headers.authorization !== `Bearer ${token}`)
      return failed(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials');
    const group = /^\/v1\/(projects\/[^:]+\/addressGroups\/[^:]+)(?::(addItems|removeItems))?$/.exec(
      call.path,
    );
    if (group?.[2] !== undefined) return changeGroup(call, group[1]!, group[2]);
    if (group !== null) {
      const items = contents.get(group[1]!);
      if (items === undefined) return failed(404, 'NOT_FOUND', `${group[1]} was not found`);
      const type = group[1]!.endsWith('v6') ? 'IPV6' : 'IPV4';
      return fine({ name: group[1], type, capacity: options.capacity, items: [...items] });
    }
    const operation = /\/operations\/(operation-\d+)$/.exec(call.path)?.[1];
    if (operation !== undefined)
      return fine(call.path.startsWith('/compute/') ? ruleOperation(operation) : groupOperation(operation));
    if (call.path === `/compute/v1/${policy}`)
      return rules === null
        ? failed(404, 'NOT_FOUND', 'the policy was not found')
        : fine({ name: 'edge', rules });
    const change = new RegExp(`^/compute/v1/${policy}/(addRule|patchRule|removeRule)$`).exec(call.path)?.[1];
    if (change !== undefined) return changeRules(call, change);
    violations.push(`${call.method} ${call.path}`);
    return failed(404, 'NOT_FOUND', call.path);
  });
  const keyFile = JSON.stringify({
    type: 'service_account',
    client_email: 'sa@p1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    private_key_id: 'k1',
    token_uri: `${server.url}/token`,
  });
  const keyOf = (text: string): string => {
    const length = text.includes('/') ? '' : text.includes(':') ? '/128' : '/32';
    return `${text.includes(':') ? 'ip6' : 'ip4'}|${text}${length}`;
  };
  return {
    server,
    keyFile,
    metadataUrl: `${server.url}/metadata`,
    violations,
    items: (group) => [...(contents.get(groups[group]) ?? [])].sort(),
    rules: () => rules ?? [],
    tokensGiven: () => tokensGiven,
    keys: () => [
      ...[groups.ip4, groups.ip6].flatMap((name) => [...(contents.get(name) ?? [])].map(keyOf)),
      ...(rules ?? [])
        .filter(({ priority }) => priority < 2_147_483_647)
        .map((one) => options.keyOfRule?.(one.description) ?? `signature|rule ${one.priority}`),
    ],
    plant(keys) {
      for (const key of keys) {
        const [kind, value = ''] = key.split('|');
        if (kind === 'signature') {
          const priority = Number(value.replace('rule ', ''));
          const match = { expr: { expression: 'true' } };
          rules!.push({ priority, action: 'deny(403)', description: 'by hand', match });
          continue;
        }
        contents.get(kind === 'ip6' ? groups.ip6 : groups.ip4)!.add(value);
      }
    },
    vanish() {
      contents.clear();
      rules = null;
    },
    revoke() {
      isRevoked = true;
    },
  };
}
