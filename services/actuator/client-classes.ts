import type { ApiEndpoint, Campaign } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { valuesNamed } from '../../lib/signature/signature.ts';
import type { ClientClass, ClientsConfig } from './action-table.ts';
import type { Entry } from './edge.ts';

/** Who calls which endpoint, as the inventory has learned it: topic `endpoints`. */
export interface LearnedClients {
  readonly caughtUp: Promise<void>;
  readonly done: Promise<void>;
  /** Class of all clients of an endpoint (`GET /stores/{number}`); null: nothing is known. `hosts`: null for all. */
  classOf(site: string, endpoint: string, hosts: readonly string[] | null): ClientClass | null;
  /** Calls after what is known of an endpoint has changed. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export async function openLearnedClients(log: Log): Promise<LearnedClients> {
  /** By site and endpoint, then host. */
  const classes = new Map<string, Map<string, ClientClass>>();
  const revisions = new Map<string, number>();
  const listeners: (() => void)[] = [];

  /** Whether it says something new. */
  const learn = (endpoint: ApiEndpoint): boolean => {
    if ((revisions.get(endpoint.endpoint_id) ?? 0) >= endpoint.revision) return false;
    revisions.set(endpoint.endpoint_id, endpoint.revision);
    const key = `${endpoint.site}|${endpoint.endpoint}`;
    const byHost = classes.get(key) ?? new Map<string, ClientClass>();
    const before = byHost.get(endpoint.host);
    const now = learnedClass(endpoint.client_class);
    if (now === null) byHost.delete(endpoint.host);
    else byHost.set(endpoint.host, now);
    if (byHost.size === 0) classes.delete(key);
    else classes.set(key, byHost);
    return (before ?? null) !== now;
  };
  const tail = await log.tail({
    topic: 'endpoints',
    from: 'earliest',
    onBatch: (batch) => {
      let isNew = false;
      for (const record of batch.records)
        if (record.type === 'ApiEndpoint' && learn(record.value)) isNew = true;
      if (isNew) for (const listener of listeners) listener();
    },
  });
  return {
    caughtUp: tail.caughtUp,
    done: tail.done,
    classOf(site, endpoint, hosts) {
      const byHost = classes.get(`${site}|${endpoint}`);
      if (byHost === undefined) return null;
      const found = hosts === null ? [...byHost.values()] : hosts.map((host) => byHost.get(host) ?? null);
      return oneOf(found);
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    close: () => tail.close(),
  };
}

/** null: not learned yet. Of clients of several kinds some can do least. */
function learnedClass(text: string): ClientClass | null {
  if (text === 'browser' || text === 'app' || text === 'server') return text;
  return text === 'mixed' ? 'unknown' : null;
}

/** What all are; `unknown` when they differ. */
function oneOf<C extends ClientClass | null>(classes: readonly C[]): C | 'unknown' {
  const [first] = classes;
  return first !== undefined && classes.every((each) => each === first) ? first : 'unknown';
}

/** What is known of clients, for `clientsSelectedBy`. */
export interface ClientsKnown {
  readonly config: ClientsConfig;
  readonly learned: Pick<LearnedClients, 'classOf'>;
  readonly campaign: (id: string) => Pick<Campaign, 'site' | 'scopes'> | null;
}

/**
 * Who sends what an entry selects, when all are of one class. A signature says at which endpoints it stops; an address, a
 * session or an account is stopped for what it did at the endpoints of its campaigns. A rule that names no endpoint stops
 * clients everywhere: for it, and where nothing is known, the configured default. What the configuration says of an
 * endpoint comes before what was learned.
 */
export function clientsSelectedBy(entry: Entry, { config, learned, campaign }: ClientsKnown): ClientClass {
  const at = (site: string, endpoint: string, hosts: readonly string[] | null): ClientClass =>
    config.endpoints[endpoint] ?? learned.classOf(site, endpoint, hosts) ?? config.default;
  const { signature } = entry.target;
  if (signature !== null) {
    const named = valuesNamed(signature, 'endpoint');
    if (named === null) return config.default;
    const hosts = valuesNamed(signature, 'host');
    return oneOf(named.map((endpoint) => at(entry.site, endpoint, hosts)));
  }
  const classes = entry.campaignIds.flatMap((id): readonly ClientClass[] => {
    const found = campaign(id);
    if (found === null || found.scopes.length === 0) return [config.default];
    return found.scopes.map(({ key }) => {
      const scope = endpointOf(key);
      return scope === null ? config.default : at(found.site, scope.endpoint, [scope.host]);
    });
  });
  return classes.length === 0 ? config.default : oneOf(classes);
}

/** The endpoint in the key of a scope (`GET shop.example/cart`, or that and what it is counted with); null: a site. */
function endpointOf(scopeKey: string): { readonly host: string; readonly endpoint: string } | null {
  const [, method, host, template] = /^([^ ]+) ([^/ ]*)(\/[^ ]*)/.exec(scopeKey) ?? [];
  return method === undefined ? null : { host: host!, endpoint: `${method} ${template}` };
}
