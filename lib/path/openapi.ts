import { parse } from 'yaml';
import type { Route } from './route-trie.ts';

type Json = { readonly [name: string]: unknown };
const asObject = (value: unknown): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/**
 * What a document says of an endpoint: served, still served but not to be used (`deprecated: true`, or an `x-sunset`
 * date), or no longer served (`410` is its only answer, or the document itself is an old one).
 */
export type Documentation = 'current' | 'deprecated' | 'gone';
export const documentations = ['current', 'deprecated', 'gone'] as const;

/** An operation of an OpenAPI document under one of its server base paths. */
export interface DocumentedEndpoint {
  /** Upper case. */
  readonly method: string;
  /** Base path and path: `/v1/stores/{id}/stock`. */
  readonly template: string;
  /** Lower case; empty: every host. */
  readonly hosts: readonly string[];
  readonly documentation: Documentation;
  /** The document's file name. */
  readonly document: string;
  readonly operation_id: string | null;
}

/** Path part of a server URL, variables at their defaults: `https://{region}.x.com/v2` is `/v2`. */
function basePath(server: Json): string {
  const variables = asObject(server['variables']);
  const url = String(server['url'] ?? '/').replace(/\{([^}]+)\}/g, (_, name: string) =>
    String(asObject(variables[name])['default'] ?? name),
  );
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  return path.replace(/\/+$/, '');
}

function documentationOf(operation: Json, item: Json, document: Documentation): Documentation {
  const answers = Object.keys(asObject(operation['responses'])).filter((status) => status !== 'default');
  if (document === 'gone' || (answers.length > 0 && answers.every((status) => status === '410')))
    return 'gone';
  const retiring = [operation, item].some(
    (of) => of['deprecated'] === true || (of['x-sunset'] !== undefined && of['x-sunset'] !== null),
  );
  return retiring ? 'deprecated' : document;
}

/**
 * The endpoints of an OpenAPI 3.x document (YAML or JSON text), once per server base path. `documentation` is what the
 * document as a whole is. Throws an Error for people when it is none.
 */
export function documentedEndpoints(
  text: string,
  name: string,
  hosts: readonly string[],
  documentation: Documentation = 'current',
): DocumentedEndpoint[] {
  let document: Json;
  try {
    document = asObject(parse(text, { maxAliasCount: 100 }));
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const version = document['openapi'];
  if (typeof version !== 'string' || !version.startsWith('3.'))
    throw new Error(`${name}: not an OpenAPI 3.x document (no \`openapi: 3...\`)`);
  const lowerHosts = hosts.map((host) => host.toLowerCase());
  const servers = (value: unknown): string[] | null =>
    Array.isArray(value) && value.length > 0
      ? [...new Set(value.map((server) => basePath(asObject(server))))]
      : null;
  const documentBases = servers(document['servers']) ?? [''];
  const endpoints: DocumentedEndpoint[] = [];
  for (const [path, value] of Object.entries(asObject(document['paths']))) {
    if (!path.startsWith('/')) continue;
    const item = asObject(value);
    for (const method of methods) {
      if (item[method] === undefined) continue;
      const operation = asObject(item[method]);
      const bases = servers(operation['servers']) ?? servers(item['servers']) ?? documentBases;
      for (const base of bases)
        endpoints.push({
          method: method.toUpperCase(),
          template: `${base}${path}`,
          hosts: lowerHosts,
          documentation: documentationOf(operation, item, documentation),
          document: name,
          operation_id: typeof operation['operationId'] === 'string' ? operation['operationId'] : null,
        });
    }
  }
  if (endpoints.length === 0) throw new Error(`${name}: documents no endpoint`);
  return endpoints;
}

/** As routes of the enricher: they name the endpoints; what is gone counts as not documented. */
export function routesOfEndpoints(endpoints: readonly DocumentedEndpoint[]): Route[] {
  return endpoints.map(({ method, template, hosts, documentation }) => ({
    method,
    template,
    hosts,
    documented: documentation !== 'gone',
  }));
}
