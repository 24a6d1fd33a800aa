import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { EdgeError } from '../edge.ts';
import type { EnvoyResource } from './envoy-resources.ts';

/**
 * Extension configuration discovery over REST. Envoy asks again and again, and says which version it got last. Whether
 * it took it, it does not say here: after a refusal it names the refused version all the same (seen with 1.40), and goes
 * on with what it had. Only its statistics tell (`refusalCounts`).
 */
export interface EnvoyServer {
  /** Takes the place of everything served before. */
  publish(resources: readonly EnvoyResource[]): void;
  /** How the Envoys that asked lately stand. */
  nodes(): EnvoyNodes;
  /** Resolves when an Envoy has asked, or after `ms`. */
  nextRequest(ms: number, signal: AbortSignal): Promise<void>;
  register(app: FastifyInstance): void;
}

export interface EnvoyNodes {
  /** Ids of all that asked within the last `forgetAfterMs`. */
  readonly seen: readonly string[];
  /** Of those, the ones that did not yet get all that is published, with the first thing that they lack. */
  readonly behind: readonly { readonly node: string; readonly resource: string }[];
}

const path = '/v3/discovery::extension_configs'; // a doubled colon is a single one
export const forgetAfterMs = 30_000;
const mostNodes = 1000;

const discoveryRequest = z.object({
  version_info: z.string().optional(),
  node: z.object({ id: z.string().max(256).optional() }).optional(),
  resource_names: z.array(z.string()).min(1),
});

/** One Envoy and one resource. */
interface Standing {
  got: string;
  seenAt: number;
}

/** Several edges share the route; a resource is of the edge whose prefix its name has. */
const routers = new WeakMap<
  FastifyInstance,
  Map<string, (request: FastifyRequest, reply: FastifyReply) => unknown>
>();

/** `idle`: what an Envoy that asks is told while nothing is published; `wait`, and it keeps what it has. */
export function createEnvoyServer(
  prefix: string,
  now: () => number,
  idle: () => EnvoyResource | 'wait',
): EnvoyServer {
  let published: ReadonlyMap<string, EnvoyResource> | null = null;
  const standings = new Map<string, Map<string, Standing>>();
  const waiting = new Set<() => void>();

  const standingOf = (node: string, resource: string): Standing => {
    let byResource = standings.get(node);
    if (byResource === undefined) {
      if (standings.size >= mostNodes) forget();
      byResource = new Map();
      standings.set(node, byResource);
    }
    let standing = byResource.get(resource);
    if (standing === undefined) {
      standing = { got: '', seenAt: 0 };
      byResource.set(resource, standing);
    }
    return standing;
  };
  const forget = (): void => {
    for (const [node, byResource] of standings)
      if ([...byResource.values()].every(({ seenAt }) => seenAt < now() - forgetAfterMs))
        standings.delete(node);
  };
  const answer = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const asked = discoveryRequest.safeParse(request.body);
    if (!asked.success) return reply.code(400).send({ message: 'not a discovery request' });
    const { version_info: got = '', node, resource_names: names } = asked.data;
    const name = names[0]!;
    const wanted = published === null ? idle() : published.get(name);
    if (wanted === 'wait') return reply.code(503).header('retry-after', '1').send();
    if (wanted === undefined) return reply.code(404).send({ message: `no resource ${name}` });
    if (published !== null) Object.assign(standingOf(node?.id ?? '', name), { got, seenAt: now() });
    for (const wake of waiting) wake();
    return got === wanted.version
      ? reply.code(304).send()
      : reply.type('application/json').send(published === null ? renamed(wanted, name) : wanted.body);
  };
  return {
    publish(resources) {
      published = new Map(resources.map((resource) => [resource.name, resource]));
    },
    nodes() {
      const seen: string[] = [];
      const behind: { node: string; resource: string }[] = [];
      const since = now() - forgetAfterMs;
      for (const [node, byResource] of standings) {
        if ([...byResource.values()].every(({ seenAt }) => seenAt < since)) continue;
        seen.push(node);
        let lacks: string | null = null;
        for (const [resource, { version }] of published ?? []) {
          const standing = byResource.get(resource);
          if (standing === undefined || standing.seenAt < since || standing.got !== version)
            lacks ??= resource;
        }
        if (lacks !== null) behind.push({ node, resource: lacks });
      }
      return { seen, behind };
    },
    nextRequest: (ms, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      }),
    register(app) {
      let router = routers.get(app);
      if (router === undefined) {
        router = new Map();
        routers.set(app, router);
        app.post(path, (request, reply) => route(routers.get(app)!, request, reply));
      }
      router.set(prefix, answer);
    },
  };
}

function route(
  router: ReadonlyMap<string, (request: FastifyRequest, reply: FastifyReply) => unknown>,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const name = (request.body as { resource_names?: unknown[] } | null)?.resource_names?.[0];
  for (const [prefix, answer] of router)
    if (typeof name === 'string' && name.startsWith(prefix)) return answer(request, reply);
  return reply.code(404).send({ message: 'no such resource' });
}

/** The same content under another name. */
function renamed(resource: EnvoyResource, name: string): string {
  const body = JSON.parse(resource.body) as { resources: object[] };
  return JSON.stringify({ ...body, resources: body.resources.map((each) => ({ ...each, name })) });
}

/** How often the Envoy with this admin address has refused each resource since it started. Throws EdgeError. */
export async function refusalCounts(
  admin: string,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const url = new URL('/stats', admin);
  url.searchParams.set('filter', '^extension_config_discovery\\.http_filter\\..*update_rejected$');
  let text: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) });
    text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
  } catch (error) {
    throw new EdgeError('unavailable', `Envoy's admin interface at ${admin}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const counts = new Map<string, number>();
  for (const [, name, count] of text.matchAll(/http_filter\.(\S+)\.update_rejected: (\d+)/g))
    if (name!.startsWith(prefix)) counts.set(name!, Number(count));
  return counts;
}
