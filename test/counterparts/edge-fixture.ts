import { request } from 'node:http';
import type { EnrichedRequest, Predicate, Signature, Target } from '../../lib/contracts/generated.ts';
import { stableId } from '../../lib/ids.ts';
import { type Network, parseIp } from '../../lib/ip.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import type { ActionKind } from '../../services/actuator/decider/actions.ts';
import { entryOf } from '../../services/actuator/desired.ts';
import type { Edge, EdgeDependencies, EdgeDescriptor, Entry } from '../../services/actuator/edge.ts';
import { type Plan, reconcile } from '../../services/actuator/reconcile.ts';

/** For tests of edges: entries, and for real proxies requests as somebody at some address, and plans. */

/** An entry of which the test says what matters. */
export function plainEntry(target: Target, more: Partial<Entry> = {}): Entry {
  return {
    ...entryOf(target)!,
    target,
    action: 'block',
    decisionId: `dec_${target.value}`,
    site: 'default',
    level: 'high',
    reason: '',
    requests: 0,
    campaignIds: [],
    decidedAt: 0,
    updatedAt: 0,
    expiresAt: 1e15,
    ...more,
  };
}

/** An edge that takes addresses as they are, and nothing that a test does not ask for. */
export const plainDescriptor = {
  kind: 'test',
  actions: ['block'],
  replaceOnly: false,
  longestV6Prefix: 128,
  ruleLanguage: 'none',
  nativeTtl: false,
  lock: 'none',
  scope: 'instance',
  coalesceMs: 0,
} as const satisfies Partial<EdgeDescriptor>;

export const decision = (text: string) => stableId('decision', 'default', text);

const entry = (target: Target, action: ActionKind): Entry =>
  plainEntry(target, { action, decisionId: decision(target.value), reason: 'r' });
export const address = (value: string, action: ActionKind = 'block') =>
  entry({ kind: value.includes('/') ? 'cidr' : 'ip', value, signature: null }, action);
export const named = (kind: 'asn' | 'country' | 'ja3' | 'ja4', value: string, action: ActionKind = 'block') =>
  entry({ kind, value, signature: null }, action);
export const ruleTo = (action: ActionKind, ...predicates: Predicate[]): Entry => {
  const signature: Signature = { predicates, except_good: false, good_after: [] };
  return entry({ kind: 'signature', value: canonicalSignature(signature), signature }, action);
};
export const rule = (...predicates: Predicate[]): Entry => ruleTo('block', ...predicates);
/** The same rule for everyone but the good; `exceptGood` false: where the edge knows them, else for everybody. */
export function sparing({ target, ...entry }: Entry, goodAfter: readonly string[], exceptGood = true): Entry {
  const signature = { ...target.signature!, except_good: exceptGood, good_after: [...goodAfter] };
  const value = canonicalSignature(signature);
  return { ...entry, key: `signature|${value}`, value, target: { ...target, value, signature } };
}
export const is = (attribute: string, op: string, ...values: string[]): Predicate => ({
  attribute,
  op,
  values,
});

/** A request as a proxy gets it. The client's address is told in X-Forwarded-For. */
export interface Sample {
  readonly ip: string;
  readonly method: string;
  readonly path: string;
  /** What the enricher makes of method and path. */
  readonly endpoint: string;
  readonly host: string;
  readonly userAgent: string | null;
  readonly language: string | null;
  readonly referer: string | null;
  readonly cookie: boolean;
  readonly headers: { readonly [name: string]: string };
}
const plain: Sample = {
  ip: '203.0.113.50',
  method: 'GET',
  path: '/',
  endpoint: 'GET /',
  host: 'shop.example',
  userAgent: 'Mozilla/5.0',
  language: 'de',
  referer: null,
  cookie: false,
  headers: {},
};

export interface Answer {
  readonly status: number;
  /** X-Reference-Id */
  readonly reference: string | undefined;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

/** A fresh connection each time: a reload leaves old ones with the old process. */
export function ask(port: number, sample: Partial<Sample> = {}): Promise<Answer> {
  const { ip, method, path, host, userAgent, language, referer, cookie, ...rest } = { ...plain, ...sample };
  const headers: { [name: string]: string } = { 'x-forwarded-for': ip, host, ...rest.headers };
  if (userAgent !== null) headers['user-agent'] = Buffer.from(userAgent, 'utf8').toString('latin1');
  if (language !== null) headers['accept-language'] = language;
  if (referer !== null) headers['referer'] = referer;
  if (cookie) headers['cookie'] = 'sid=1';
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          reference: response.headers['x-reference-id'] as string | undefined,
          headers: response.headers,
          body,
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** The sample as detection sees it. */
export const eventOf = (sample: Partial<Sample>): EnrichedRequest => {
  const { ip, method, host, userAgent, language, referer, cookie, endpoint } = { ...plain, ...sample };
  return {
    request: {
      client_ip: parseIp(ip),
      method,
      host,
      user_agent: userAgent,
      accept_language: language,
      referer,
      cookie_count: cookie ? 1 : 0,
      http_version: '1.1',
    },
    endpoint,
  } as unknown as EnrichedRequest;
};

/** A proxy that enforces what its edge writes. */
export interface ProxyFixture {
  readonly edge: Edge;
  readonly port: number;
  /** Networks that no rule may stop, read at every apply. */
  exempt: readonly Network[];
  /** Makes the edge hold exactly these entries, and waits until they are in force. */
  bring(...desired: Entry[]): Promise<void>;
  /** Ends the proxy and starts it again, without a word from the edge. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function dependenciesFor(exempt: () => readonly Network[]): EdgeDependencies {
  return { name: 'edge', isArmed: () => true, now: Date.now, exempt, ended: () => [] };
}

const signal = new AbortController().signal;

/** What would be done to bring the edge to these entries. */
export async function planFor(edge: Edge, desired: readonly Entry[]): Promise<Plan> {
  return reconcile(desired, await edge.observe(signal, desired), edge.descriptor, {
    adopt: false,
    known: () => true,
    inexpressible: (each) => edge.inexpressible?.(each) ?? null,
    maxUnexplainedShare: 0.2,
    clientsOf: () => 'browser',
  });
}

export async function bringEdge(edge: Edge, desired: readonly Entry[]): Promise<void> {
  await edge.apply(await planFor(edge, desired), signal);
}

/** `GET /PATH` statuses of several samples, in order. */
export async function statuses(port: number, ...samples: Partial<Sample>[]): Promise<number[]> {
  const found: number[] = [];
  for (const sample of samples) found.push((await ask(port, sample)).status);
  return found;
}
