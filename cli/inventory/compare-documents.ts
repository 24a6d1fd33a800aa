import type { ApiEndpoint } from '../../lib/contracts/generated.ts';
import type { ApiCatalogue } from '../../lib/path/api-catalogue.ts';
import type { DocumentedEndpoint } from '../../lib/path/openapi.ts';
import { hostMatches } from '../../lib/path/route-trie.ts';

/** A documented endpoint that was not called. */
export interface UnusedEndpoint {
  readonly document: DocumentedEndpoint;
  /** The one host it is documented for; '' when that is none or several. */
  readonly host: string;
}

export interface Comparison {
  /** Endpoints that were called, with the status that these documents give them. */
  readonly called: readonly ApiEndpoint[];
  readonly unused: readonly UnusedEndpoint[];
}

function judged(endpoint: ApiEndpoint, api: ApiCatalogue): [ApiEndpoint, DocumentedEndpoint | null] {
  const space = endpoint.endpoint.indexOf(' ');
  const method = endpoint.endpoint.slice(0, space);
  const template = endpoint.endpoint.slice(space + 1);
  const document = api.find(method, endpoint.host, template);
  const status =
    document === null
      ? api.covers(endpoint.host)
        ? 'shadow'
        : 'unknown'
      : document.documentation === 'current'
        ? 'documented'
        : 'zombie';
  const facts = {
    documentation: document?.documentation ?? null,
    operation_id: document?.operation_id ?? null,
  };
  return [{ ...endpoint, ...facts, status }, document];
}

/** Holds what was called against documents, whatever was known when it was called. */
export function compareDocuments(endpoints: readonly ApiEndpoint[], api: ApiCatalogue): Comparison {
  const used = new Set<DocumentedEndpoint>();
  const called = endpoints
    .filter(({ status }) => status !== 'unused')
    .map((endpoint) => {
      const [row, document] = judged(endpoint, api);
      if (document !== null) used.add(document);
      return row;
    });
  const hosts = [...new Set(called.map(({ host }) => host))];
  const expected = api.endpoints.filter(
    (document) =>
      document.documentation !== 'gone' &&
      document.method !== 'OPTIONS' &&
      document.method !== 'HEAD' &&
      hosts.some((host) => hostMatches(document.hosts, host)),
  );
  return {
    called,
    unused: expected
      .filter((document) => !used.has(document))
      .map((document) => ({
        document,
        host: document.hosts.length === 1 && !document.hosts[0]!.startsWith('*') ? document.hosts[0]! : '',
      })),
  };
}
