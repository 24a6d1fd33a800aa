import { readFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';
import {
  type Documentation,
  type DocumentedEndpoint,
  documentations,
  documentedEndpoints,
  routesOfEndpoints,
} from './openapi.ts';
import { withoutOperation } from './operations.ts';
import { pathSegments } from './redact.ts';
import { createRouteTrie, hostMatches, type PathSegment } from './route-trie.ts';
import { shapes } from './shapes.ts';

/** An OpenAPI document as configured. */
export interface ApiDocument {
  readonly file: string;
  /** Hosts it documents; empty: all. */
  readonly hosts: readonly string[];
  /** What the document as a whole is: an old one describes what is gone. */
  readonly state: Documentation;
}

/** Everything that OpenAPI documents say about the endpoints of a site. */
export interface ApiCatalogue {
  readonly endpoints: readonly DocumentedEndpoint[];
  /** True when a document that is in force speaks about the host. */
  covers(host: string): boolean;
  /**
   * What documents say about an endpoint, given by the template that traffic is counted by; null when they know none.
   * Where several speak of it the one that is most in force counts.
   */
  find(method: string, host: string, template: string): DocumentedEndpoint | null;
}

/** `/stores/{number}.json` as a path: a shape stands for any identifier of that shape, other variables for anything. */
function segmentsOf(template: string): PathSegment[] {
  return pathSegments(template).map((segment) => {
    const variable = /^\{([^{}]+)\}(.*)$/.exec(segment);
    if (variable === null) return { text: segment, shape: null };
    const [, name, rest] = variable;
    return { text: rest!, shape: (shapes as readonly string[]).includes(name!) ? name! : 'text' };
  });
}

const nameless = (template: string): string => template.replace(/\{[^{}]*\}/g, '{}');

export function createApiCatalogue(endpoints: readonly DocumentedEndpoint[]): ApiCatalogue {
  const byTemplate = new Map<string, DocumentedEndpoint[]>();
  for (const endpoint of endpoints) {
    const key = nameless(endpoint.template);
    const list = byTemplate.get(key);
    if (list === undefined) byTemplate.set(key, [endpoint]);
    else list.push(endpoint);
  }
  const route = createRouteTrie(routesOfEndpoints(endpoints));
  const covering = endpoints.filter(({ documentation }) => documentation !== 'gone');
  const among = (
    list: readonly DocumentedEndpoint[] | undefined,
    method: string,
    host: string,
  ): DocumentedEndpoint | null => {
    let best: DocumentedEndpoint | null = null;
    for (const endpoint of list ?? []) {
      if (endpoint.method !== method && !(method === 'HEAD' && endpoint.method === 'GET')) continue;
      if (!hostMatches(endpoint.hosts, host)) continue;
      if (
        best === null ||
        documentations.indexOf(endpoint.documentation) < documentations.indexOf(best.documentation)
      )
        best = endpoint;
    }
    return best;
  };
  return {
    endpoints,
    covers: (host) => covering.some(({ hosts }) => hostMatches(hosts, host)),
    find(method, host, counted) {
      const template = withoutOperation(counted);
      const exact = among(byTemplate.get(nameless(template)), method, host);
      if (exact !== null) return exact;
      const match = route(method, host, segmentsOf(template));
      return match === null ? null : among(byTemplate.get(nameless(match.template)), method, host);
    },
  };
}

/** Reads the documents, and says of every one that is missing or none what is wrong with it. */
export function readDocuments(
  documents: readonly ApiDocument[],
  setting: string,
): { readonly endpoints: readonly DocumentedEndpoint[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const endpoints = documents.flatMap(({ file, hosts, state }) => {
    try {
      return documentedEndpoints(readFileSync(file, 'utf8'), file, hosts, state);
    } catch (error) {
      problems.push(`${setting}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  return { endpoints, problems };
}

/** The catalogue of documents. Throws ConfigError with every one that is missing or none. */
export function loadApiCatalogue(documents: readonly ApiDocument[], setting: string): ApiCatalogue {
  const { endpoints, problems } = readDocuments(documents, setting);
  if (problems.length > 0) throw new ConfigError(problems);
  return createApiCatalogue(endpoints);
}

export const emptyCatalogue: ApiCatalogue = createApiCatalogue([]);
