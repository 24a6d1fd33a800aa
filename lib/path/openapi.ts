import { parse } from 'yaml';
import type { Route } from './route-trie.ts';

type Json = { readonly [name: string]: unknown };
const asObject = (value: unknown): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Path part of a server URL, variables at their defaults: `https://{region}.x.com/v2` is `/v2`. */
function basePath(server: Json): string {
  const variables = asObject(server['variables']);
  const url = String(server['url'] ?? '/').replace(/\{([^}]+)\}/g, (_, name: string) =>
    String(asObject(variables[name])['default'] ?? name),
  );
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  return path.replace(/\/+$/, '');
}

/**
 * The endpoints of an OpenAPI 3.x document (YAML or JSON text), once per server base path. Throws an Error for people
 * when it is none.
 */
export function routesOfOpenApi(text: string, name: string, hosts: readonly string[]): Route[] {
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
  const routes: Route[] = [];
  for (const [path, value] of Object.entries(asObject(document['paths']))) {
    if (!path.startsWith('/')) continue;
    const item = asObject(value);
    for (const method of methods) {
      if (item[method] === undefined) continue;
      const bases = servers(asObject(item[method])['servers']) ?? servers(item['servers']) ?? documentBases;
      for (const base of bases)
        routes.push({
          method: method.toUpperCase(),
          template: `${base}${path}`,
          hosts: lowerHosts,
          documented: true,
        });
    }
  }
  if (routes.length === 0) throw new Error(`${name}: documents no endpoint`);
  return routes;
}
