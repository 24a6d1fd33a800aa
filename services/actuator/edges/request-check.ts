import { METHODS } from 'node:http';
import { posix } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { clientAddress, formatIp, parseIp } from '../../../lib/ip.ts';
import { fingerprintOf } from '../../../lib/pass/binding.ts';
import { createKeyRing } from '../../../lib/pass/key-ring.ts';
import { standingText, verifyPass } from '../../../lib/pass/token.ts';
import { createTokenReader } from '../../../lib/pass/token-reader.ts';
import { createRateLimiter } from '../../../lib/rate-limiter.ts';
import { type AttributeName, attributes } from '../../../lib/signature/attributes.ts';
import { type ActionKind, actionKinds } from '../decider/actions.ts';
import type { Edge, EdgeDependencies, RuleLanguage } from '../edge.ts';
import { goodKey, whyNobodyIsGood } from '../good-list.ts';
import { commonEdgeFields, goodListField, rulesField } from './edge-config.ts';
import { endpointPattern } from './endpoint-pattern.ts';
import { asObserved, checked, type PlacedEntry, placed, placedEntries } from './placed-entry.ts';
import { exemptText, otherExempt, proxyPools, toldAttributes, valueKinds } from './proxy-edge.ts';
import { createRequestJudge, type JudgedRequest } from './request-judge.ts';

/**
 * Edges that a proxy asks about every request over HTTP: they know every action. The kinds differ in how the proxy puts
 * its question, and in which answers it understands.
 */

/** Fields that every such edge has. */
export const requestCheckFields = {
  ...commonEdgeFields,
  public: z.boolean().default(false).describe('Answer beyond loopback, whoever asks'),
  client_address: z
    .strictObject({
      header: z
        .string()
        .regex(/^[a-z0-9-]+$/)
        .default('x-forwarded-for'),
      /** 0: the last address in it, which the proxy appended. */
      trusted_hops: z.int().min(0).max(20).default(0),
    })
    .prefault({})
    .describe('Where the client stands in the addresses that the proxy sends on, counted from the end'),
  headers: z
    .partialRecord(z.enum(toldAttributes), z.string().regex(/^[a-z0-9-]+$/))
    .default({})
    .describe('Headers, set by your own proxies, that hold an attribute; without one it is unknown'),
  capacity: z.int().positive().default(1_000_000).describe('Most addresses'),
  rules: rulesField(200),
  rate_limit: z
    .strictObject({
      requests: z.int().positive().default(10),
      per: durationField('10s'),
      remembered: z.int().positive().default(100_000).describe('Clients remembered'),
    })
    .prefault({})
    .describe('What one client may do under a decision to limit'),
  /** Without it a signature for everyone but the good is left out. */
  pass: z
    .strictObject({
      keys: z
        .array(z.strictObject({ kid: z.string(), secret: z.string() }))
        .min(1)
        .describe('Keys of the passes, as the application has them; all verify'),
      bind_to: z
        .array(z.string().regex(/^[a-z0-9-]+$/))
        .default(['user-agent'])
        .describe('Headers that make the fingerprint, as in the application; the proxy has to send them on'),
    })
    .optional()
    .describe('Check signed passes (docs/howto/passes.md); rules may spare whom they speak for'),
  good_list: goodListField,
  challenge: z
    .url()
    .optional()
    .describe('Page that challenges, and lets those pass who solved it; without one nobody is challenged'),
};
const requestCheckConfig = z.object(requestCheckFields);
type RequestCheckConfig = z.output<typeof requestCheckConfig>;

/** What is to become of a request. */
export interface CheckAnswer {
  /** 200: it goes on. */
  readonly status: 200 | 302 | 403 | 429;
  /** What it falls under; null: nothing. */
  readonly action: ActionKind | null;
  /** For the site, where the request goes on; for the client, where it does not. */
  readonly headers: { readonly [name: string]: string };
  readonly text: string;
}

/** A proxy that asks. */
export interface AskingProxy {
  readonly kind: string;
  /** Who is not told what, in reasons. */
  readonly called: string;
  /** Path of the question, before the path of the request that it is about. */
  readonly prefix: string;
  readonly ruleLanguage: RuleLanguage;
  /** Says it so that the proxy understands. */
  answer(reply: FastifyReply, answer: CheckAnswer): FastifyReply;
}

const operators: ReadonlySet<string> = new Set(['in', 'not_in', 'lte', 'gte', 'absent', 'present']);
/** What the check is not told. */
const unseen: ReadonlySet<string> = new Set(['http_version', 'tls_version']);

export function createRequestCheck(
  config: RequestCheckConfig,
  { isArmed, now, exempt, good }: Omit<EdgeDependencies, 'name'>,
  proxy: AskingProxy,
): Edge {
  const judge = createRequestJudge();
  const limiter = createRateLimiter(
    config.rate_limit.requests,
    config.rate_limit.per,
    config.rate_limit.remembered,
  );
  const { prefix } = proxy;
  const keys = config.pass === undefined ? null : createKeyRing(config.pass.keys);
  const named = config.headers as { readonly [attribute: string]: string | undefined };
  const tokenOf = createTokenReader();
  let isKnown = false;
  let writtenExempt = '';

  const headerOf = (request: FastifyRequest, header: string | undefined): string | null => {
    const value = header === undefined ? undefined : request.headers[header];
    const text = Array.isArray(value) ? value.join(', ') : value;
    // Node reads headers as Latin-1; what was sent is UTF-8.
    return text === undefined || text === '' ? null : Buffer.from(text, 'latin1').toString('utf8');
  };
  /** Words of the client in the list of the good; '': it is not there. */
  const listedOf = (request: FastifyRequest, ip: Buffer): string => {
    if (config.good_list === undefined || good === undefined) return '';
    const agent = request.headers['user-agent'];
    return good.wordsOf(goodKey(formatIp(clientAddress(ip)), fingerprintOf([agent])));
  };
  const whyNoGood = (): string | null => {
    if (keys !== null) return null;
    if (config.good_list === undefined)
      return 'needs to know good clients: name the keys of the passes in pass, or set good_list';
    return good === undefined ? null : whyNobodyIsGood(good);
  };
  /** Words of the request's pass; '': it has none that holds. */
  const standingOf = (request: FastifyRequest): string => {
    if (keys === null) return '';
    const fingerprint = fingerprintOf(config.pass!.bind_to.map((header) => request.headers[header]));
    const verified = verifyPass(tokenOf(request.headers), keys, { fingerprint, network: null }, now());
    return 'pass' in verified ? standingText(verified.pass.standing) : '';
  };
  /** null: the proxy does not say who the client is, so nobody can be judged. */
  const described = (request: FastifyRequest): JudgedRequest | null => {
    const { header, trusted_hops: hops } = config.client_address;
    const ip = parseIp(
      (headerOf(request, header) ?? '')
        .split(',')
        .at(-1 - hops)
        ?.trim() ?? '',
    );
    if (ip === null) return null;
    const target = request.raw.url!.slice(prefix.length);
    const [path = ''] = target.split('?', 1);
    return {
      ip,
      method: request.method,
      // Templates are made of paths without `/../`.
      path: posix.normalize(decoded(path) || '/'),
      host: (headerOf(request, 'host') ?? '').replace(/:[0-9]+$/, '').toLowerCase() || null,
      userAgent: headerOf(request, 'user-agent'),
      acceptLanguage: headerOf(request, 'accept-language'),
      referer: headerOf(request, 'referer'),
      cookie: headerOf(request, 'cookie'),
      asn: headerOf(request, named['asn']),
      country: headerOf(request, named['country']),
      endUserAsn: headerOf(request, named['end_user_asn']),
      endUserCountry: headerOf(request, named['end_user_country']),
      ja3: headerOf(request, named['ja3']),
      ja4: headerOf(request, named['ja4']),
      standing: () => standingOf(request) || listedOf(request, ip),
    };
  };
  const answerTo = (entry: PlacedEntry | null, ip: Buffer): CheckAnswer => {
    if (entry === null) return { status: 200, action: null, headers: {}, text: '' };
    const { action, decisionId } = entry;
    const refused = (
      status: 302 | 403 | 429,
      text: string,
      more: CheckAnswer['headers'] = {},
    ): CheckAnswer => ({
      status,
      action,
      headers: { 'x-reference-id': decisionId, ...more },
      text,
    });
    if (action === 'block') return refused(403, `Refused. Reference: ${decisionId}\n`);
    if (action === 'challenge') {
      const page = new URL(config.challenge!);
      page.searchParams.set('reference', decisionId);
      return refused(302, '', { location: page.href });
    }
    if (action === 'rate_limit' && !limiter.admits(`${decisionId} ${formatIp(ip)}`, now())) {
      const seconds = Math.ceil(config.rate_limit.per / config.rate_limit.requests / 1000);
      return refused(429, 'Too many requests.\n', { 'retry-after': String(seconds) });
    }
    const headers = { 'x-tidegate-action': action, 'x-tidegate-decision': decisionId };
    return { status: 200, action, headers, text: '' };
  };
  const check = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // An error, so that the proxy does as it is told to do where the check does not answer.
    if (!isKnown && isArmed()) return reply.code(503).send('decisions are being read\n');
    const asked = described(request);
    if (asked === null) return reply.code(503).send('the address of the client is missing\n');
    return proxy.answer(reply, answerTo(judge.judge(asked), asked.ip));
  };

  return {
    descriptor: {
      kind: proxy.kind,
      pools: proxyPools(
        config,
        valueKinds.filter((kind) => named[kind] !== undefined),
      ),
      actions: actionKinds.filter(
        (kind) => kind !== 'observe' && (kind !== 'challenge' || config.challenge !== undefined),
      ),
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: config.rules > 0 ? proxy.ruleLanguage : 'none',
      nativeTtl: false,
      lock: 'none',
      isVolatile: true,
      scope: 'instance',
      coalesceMs: 10,
    },
    inexpressible(entry) {
      if (entry.kind !== 'signature') return null;
      const { signature } = entry.target;
      if (signature === null || signature.predicates.length === 0) return 'says nothing';
      const unknown = signature.except_good ? whyNoGood() : null;
      if (unknown !== null) return unknown;
      for (const predicate of signature.predicates) {
        const { attribute } = predicate;
        const known = attributes[attribute as AttributeName];
        if (known?.edgeVisible !== true) return `an edge sees no ${attribute}`;
        const isNamed =
          !(toldAttributes as readonly string[]).includes(attribute) || named[attribute] !== undefined;
        if (unseen.has(attribute) || !isNamed) return `${proxy.called} is not told ${attribute}`;
        if (attribute === 'endpoint' && predicate.values.some((value) => endpointPattern(value) === null))
          return `${predicate.values.join(', ')}: not an endpoint with a pattern`;
        if (!operators.has(predicate.op)) return `unknown operator ${predicate.op}`;
      }
      return null;
    },
    async observe() {
      const damaged = !isKnown
        ? 'not yet served'
        : exemptText(exempt(now())) === writtenExempt
          ? null
          : otherExempt;
      return { entries: [...judge.entries.values()].map(asObserved), damaged };
    },
    async apply(plan) {
      const fresh = checked(plan.rewrite ? placedEntries(plan) : [...plan.update, ...plan.add].map(placed));
      const wanted = new Set(fresh.map(({ key }) => key));
      const gone = plan.rewrite
        ? [...judge.entries.keys()].filter((key) => !wanted.has(key))
        : plan.remove.map(({ key }) => key);
      for (const key of gone) judge.remove(key);
      for (const entry of fresh) judge.put(entry);
      const networks = exempt(now());
      const text = exemptText(networks);
      if (text !== writtenExempt || !isKnown) judge.exempt(networks);
      writtenExempt = text;
      isKnown = true;
    },
    isAsKnown: async () => isKnown,
    register(app) {
      acceptEveryMethod(app);
      const route = { method: app.supportedMethods, handler: check };
      app.route({ ...route, url: prefix });
      app.route({ ...route, url: `${prefix}/*` });
    },
    close: async () => {},
  };
}

/** A method that is not known would be answered with 404, and so refused. */
function acceptEveryMethod(app: FastifyInstance): void {
  for (const method of METHODS)
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
