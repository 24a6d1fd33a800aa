import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Edge, EdgeDependencies, Entry } from '../edge.ts';
import { commonEdgeFields, hashedSecretField } from './edge-config.ts';
import { matchesSecret } from './hashed-secret.ts';
import { createServedList } from './served-list.ts';

/**
 * Plain text over HTTP: one CIDR a line, the most severe first. What firewalls call an external dynamic list, and what
 * every other tool can read with curl.
 */
export const feedConfig = z.strictObject({
  kind: z.literal('feed'),
  ...commonEdgeFields,
  capacity: z.int().positive().default(100_000).describe('Most lines served'),
  /** FortiADC reads 1 MB, others other amounts: lines beyond it would be cut in the middle. */
  max_bytes: z
    .int()
    .positive()
    .optional()
    .describe('Longest answer in bytes; what does not fit is left out, the least severe first'),
  /** SHA-256 of bearer tokens that may read. */
  tokens: z
    .array(hashedSecretField)
    .default([])
    .describe('SHA-256 (hex) of the bearer tokens that may read it'),
  basic: z
    .strictObject({ user: z.string().min(1), password: hashedSecretField })
    .optional()
    .describe('User and SHA-256 of the password, for readers that only know basic authentication'),
  public: z.boolean().default(false).describe('Serve without authentication beyond loopback'),
});
type FeedConfig = z.output<typeof feedConfig>;

const feedQuery = z.object({
  limit: z.coerce.number().int().positive().optional(),
  family: z.enum(['v4', 'v6']).optional(),
  page: z.coerce.number().int().positive().optional(),
  page_size: z.coerce.number().int().positive().max(100_000).optional(),
});
type FeedQuery = z.output<typeof feedQuery>;
/** Of readers that ask for pages and do not say how long. */
const defaultPageSize = 5000;

interface Rendered {
  readonly text: string;
  readonly etag: string;
  /** Lines there are for such a query, and those that `max_bytes` left out of this answer. */
  readonly total: number;
  readonly cut: number;
}

export function createFeedEdge(config: FeedConfig, { isArmed }: EdgeDependencies): Edge {
  const rendered = new Map<string, Rendered>();
  let changedAt = new Date();
  const list = createServedList(() => {
    rendered.clear();
    changedAt = new Date();
  });

  const render = (entries: readonly Entry[], query: FeedQuery): Rendered => {
    const { family, limit, page, page_size: size } = query;
    const key = [family, limit, page, size].map((part) => part ?? '').join(' ');
    const present = rendered.get(key);
    if (present !== undefined) return present;
    const ofFamily =
      family === undefined ? entries : entries.filter((entry) => entry.kind === `ip${family.slice(1)}`);
    const wanted = ofFamily.slice(0, limit);
    const pageSize = size ?? defaultPageSize;
    const isPaged = page !== undefined || size !== undefined;
    const from = isPaged ? ((page ?? 1) - 1) * pageSize : 0;
    const shown = isPaged ? wanted.slice(from, from + pageSize) : wanted;
    let bytes = 0;
    const lines: string[] = [];
    for (const { value } of shown) {
      bytes += value.length + 1; // addresses are ASCII
      if (bytes > (config.max_bytes ?? Number.POSITIVE_INFINITY)) break;
      lines.push(`${value}\n`);
    }
    const text = lines.join('');
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
    const result = { text, etag, total: wanted.length, cut: shown.length - lines.length };
    if (rendered.size < 64) rendered.set(key, result); // limits are the readers' choice
    return result;
  };
  const isAllowed = (request: FastifyRequest): boolean => {
    if (config.tokens.length === 0 && config.basic === undefined) return true;
    const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ', 2);
    if (scheme.toLowerCase() === 'bearer')
      return config.tokens.some((hash) => matchesSecret(credentials, hash));
    if (scheme.toLowerCase() !== 'basic' || config.basic === undefined) return false;
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return (
      text.slice(0, colon) === config.basic.user &&
      matchesSecret(text.slice(colon + 1), config.basic.password)
    );
  };
  const serve = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (!isAllowed(request))
      return reply
        .code(401)
        .header('www-authenticate', 'Basic realm="tidegate", Bearer')
        .send('authentication needed\n');
    const query = feedQuery.safeParse(request.query);
    if (!query.success)
      return reply.code(400).send('limit, page and page_size are numbers above 0, family is v4 or v6\n');
    reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache');
    // Readers keep their last good list on an error; an empty list would unblock everybody.
    if (list.entries === null)
      return reply
        .code(503)
        .header('retry-after', '10')
        .send(
          isArmed() ? 'the list is being read\n' : 'this feed is in dry run: tidegate edges arm serves it\n',
        );
    const { text, etag, total, cut } = render(list.entries, query.data);
    reply.header('x-total-count', total).header('x-left-out', cut);
    reply.header('etag', etag).header('last-modified', changedAt.toUTCString());
    const known = (request.headers['if-none-match'] ?? '')
      .split(',')
      .map((tag) => tag.trim().replace(/^W\//, ''));
    if (known.includes(etag) || known.includes('*')) return reply.code(304).send();
    return reply.send(text);
  };

  return {
    descriptor: {
      kind: 'feed',
      pools: [{ name: 'lines', holds: ['ip4', 'ip6'], capacity: config.capacity }],
      actions: ['block'],
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: 'none',
      nativeTtl: false,
      lock: 'none',
      isVolatile: true,
      scope: 'instance',
      coalesceMs: 100,
    },
    observe: async () => list.observe(),
    apply: async (plan) => list.apply(plan),
    register: (app) => {
      app.get(`/v1/feeds/${config.name}.txt`, serve);
    },
    close: async () => {},
  };
}
