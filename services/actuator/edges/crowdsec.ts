import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { contains, overlaps, parseIp, parseNetwork } from '../../../lib/ip.ts';
import type { Edge, EdgeDependencies, Entry } from '../edge.ts';
import { createChangeJournal } from './change-journal.ts';
import { crowdsecKinds, crowdsecScope, crowdsecTypes, crowdsecValue } from './crowdsec-names.ts';
import { commonEdgeFields, hashedSecretField } from './edge-config.ts';
import { goDuration } from './go-duration.ts';
import { matchesSecret } from './hashed-secret.ts';
import { createServedList } from './served-list.ts';

/**
 * Answers CrowdSec's bouncers like a CrowdSec local API does: nginx, Traefik, Caddy, HAProxy, firewalls and many more
 * follow our decisions with the bouncer that exists for them.
 */
export const crowdsecConfig = z.strictObject({
  kind: z.literal('crowdsec'),
  ...commonEdgeFields,
  /** One key a bouncer: each key has its own place in the stream. */
  bouncers: z
    .array(z.strictObject({ name: z.string().min(1), key: hashedSecretField }))
    .min(1)
    .describe('Bouncers that may read, each with the SHA-256 (hex) of its own API key'),
  origin: z.string().min(1).default('tidegate').describe('Origin that bouncers and their metrics show'),
  capacity: z.int().positive().default(100_000).describe('Most decisions served'),
});
type CrowdsecConfig = z.output<typeof crowdsecConfig>;

const defaultScopes = ['ip', 'range'];
const journalLimit = 200_000;

const decisionsQuery = z.object({
  ip: z.string().optional(),
  range: z.string().optional(),
  scope: z.string().optional(),
  value: z.string().optional(),
  type: z.string().optional(),
  origins: z.string().optional(),
  startup: z.enum(['true', 'false']).optional(),
  scopes: z.string().optional(),
});
type DecisionsQuery = z.output<typeof decisionsQuery>;

/** The same decision has the same number on every instance; 48 bits, exact in JSON. */
function numberOf(decisionId: string): number {
  return createHash('sha256').update(decisionId).digest().readUIntBE(0, 6);
}

interface Reader {
  readonly name: string;
  /** Journal position of its last complete answer, and of the one before: deletions are told twice. */
  cursor: number | null;
  previous: number;
}

export function createCrowdsecEdge(config: CrowdsecConfig, { isArmed, now, ended }: EdgeDependencies): Edge {
  const journal = createChangeJournal<Entry>(journalLimit);
  const readers = new Map<string, Reader>();
  const list = createServedList((before, after) => {
    const old = new Map(before.map((entry) => [entry.key, entry]));
    for (const entry of after) {
      const was = old.get(entry.key);
      old.delete(entry.key);
      if (
        was === undefined ||
        was.decisionId !== entry.decisionId ||
        was.expiresAt !== entry.expiresAt ||
        was.action !== entry.action
      )
        journal.record('add', entry.key, entry);
    }
    for (const entry of old.values()) journal.record('delete', entry.key, entry);
  });

  const shown = (entry: Entry, deleted: boolean) => ({
    duration: goDuration(
      deleted ? Math.min(-1, entry.expiresAt - now()) : Math.max(0, entry.expiresAt - now()),
    ),
    id: numberOf(entry.decisionId),
    origin: config.origin,
    scenario: entry.reason === '' ? 'tidegate' : entry.reason.slice(0, 200),
    scope: crowdsecScope(entry),
    type: crowdsecTypes[entry.action] ?? 'ban',
    value: crowdsecValue(entry),
    uuid: entry.decisionId,
  });
  const readerOf = (request: FastifyRequest): Reader | null => {
    const key = request.headers['x-api-key'];
    if (typeof key !== 'string') return null;
    const bouncer = config.bouncers.find(({ key: hash }) => matchesSecret(key, hash));
    if (bouncer === undefined) return null;
    let reader = readers.get(bouncer.key);
    if (reader === undefined) {
      reader = { name: bouncer.name, cursor: null, previous: 0 };
      readers.set(bouncer.key, reader);
    }
    return reader;
  };
  /** The caller and its query, or null after an answer was sent. */
  const admit = (
    request: FastifyRequest,
    reply: FastifyReply,
  ): { reader: Reader; query: DecisionsQuery } | null => {
    const reader = readerOf(request);
    if (reader === null) {
      reply.code(403).send({ message: 'access forbidden' });
      return null;
    }
    // In dry run a bouncer is served, but nothing; before the first list is known it has to wait.
    if (isArmed() && list.entries === null) {
      reply.code(503).header('retry-after', '2').send({ message: 'decisions are being read' });
      return null;
    }
    const query = decisionsQuery.safeParse(request.query);
    if (!query.success) {
      reply.code(400).send({ message: 'malformed query' });
      return null;
    }
    return { reader, query: query.data };
  };
  const fits = (entry: Entry, query: DecisionsQuery): boolean => {
    if (query.type !== undefined && crowdsecTypes[entry.action] !== query.type) return false;
    if (query.origins !== undefined && !query.origins.split(',').includes(config.origin)) return false;
    return true;
  };
  const unexpired = (): Entry[] => (list.entries ?? []).filter((entry) => entry.expiresAt > now());

  const decisions = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const admitted = admit(request, reply);
    if (admitted === null) return reply;
    const { query } = admitted;
    let found = unexpired().filter((entry) => fits(entry, query));
    if (query.ip !== undefined) {
      const ip = parseIp(query.ip);
      if (ip === null) return reply.code(400).send({ message: `invalid addr/range ${query.ip}` });
      found = found.filter(
        (entry) => entry.kind.startsWith('ip') && contains(parseNetwork(entry.value)!, ip),
      );
    }
    if (query.range !== undefined) {
      const range = parseNetwork(query.range);
      if (range === null) return reply.code(400).send({ message: `invalid addr/range ${query.range}` });
      found = found.filter(
        (entry) => entry.kind.startsWith('ip') && overlaps(parseNetwork(entry.value)!, range),
      );
    }
    if (query.scope !== undefined)
      found = found.filter((entry) => crowdsecScope(entry).toLowerCase() === query.scope!.toLowerCase());
    if (query.value !== undefined) found = found.filter((entry) => crowdsecValue(entry) === query.value);
    // CrowdSec answers null, not an empty list; some bouncers tell the two apart.
    return reply
      .type('application/json')
      .send(found.length === 0 ? 'null' : found.map((entry) => shown(entry, false)));
  };

  const stream = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const admitted = admit(request, reply);
    if (admitted === null) return reply;
    const { reader, query } = admitted;
    const wanted = (query.scopes?.split(',') ?? defaultScopes).map((scope) => scope.trim().toLowerCase());
    const carried = (entry: Entry) =>
      fits(entry, query) && wanted.includes(crowdsecScope(entry).toLowerCase());
    const startup = query.startup === 'true' || reader.cursor === null;
    const delta = startup ? null : journal.since(reader.cursor!);
    const fresh = delta === null ? unexpired() : delta.added;
    const held = new Set((list.entries ?? []).map((entry) => entry.key));
    // A reader that was there before this process may hold what has ended in between.
    const gone = delta === null ? ended() : (journal.since(reader.previous) ?? delta).deleted;
    const answer = {
      deleted: gone
        .filter((entry) => !held.has(entry.key) && carried(entry))
        .map((entry) => shown(entry, true)),
      new: fresh
        .filter((entry) => entry.expiresAt > now() && carried(entry))
        .map((entry) => shown(entry, false)),
    };
    // Only what left completely counts as read; a broken connection is told again.
    const { cursor } = journal;
    reply.raw.once('finish', () => {
      reader.previous = reader.cursor ?? cursor;
      reader.cursor = cursor;
    });
    return reply.send({
      deleted: answer.deleted.length === 0 ? null : answer.deleted,
      new: answer.new.length === 0 ? null : answer.new,
    });
  };

  return {
    descriptor: {
      kind: 'crowdsec',
      pools: [{ name: 'decisions', holds: crowdsecKinds, capacity: config.capacity }],
      actions: ['block', 'challenge', 'rate_limit'],
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: 'none',
      nativeTtl: true,
      lock: 'none',
      isVolatile: true,
      scope: 'instance',
      coalesceMs: 100,
    },
    observe: async () => list.observe(),
    apply: async (plan) => list.apply(plan),
    register: (app) => {
      app.get('/v1/decisions', { exposeHeadRoute: true }, decisions);
      app.get('/v1/decisions/stream', { exposeHeadRoute: true }, stream);
      app.post('/v1/usage-metrics', (request, reply) =>
        readerOf(request) === null
          ? reply.code(403).send({ message: 'access forbidden' })
          : reply.code(201).send(),
      );
    },
    close: async () => {},
  };
}
