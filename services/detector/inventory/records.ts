import type { ApiEndpoint, EndpointAlias, EndpointNotice } from '../../../lib/contracts/generated.ts';
import { stableId } from '../../../lib/ids.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import type { DocumentedEndpoint } from '../../../lib/path/openapi.ts';
import { paneMs } from '../layout.ts';
import {
  audienceOfEntry,
  clientClassOfEntry,
  documentOf,
  type InventorySettings,
  statusOfEntry,
  usualParams,
} from './classify.ts';
import type { EndpointEntry } from './endpoint-entry.ts';

/** Facts of an endpoint that are worth a revision of their own when they change. */
export function factsOf(settings: InventorySettings, entry: EndpointEntry) {
  const document = documentOf(settings, entry);
  return {
    status: statusOfEntry(settings, entry),
    documentation: document?.documentation ?? (entry.documented === true ? 'current' : null),
    operation_id: document?.operation_id ?? null,
    client_class: clientClassOfEntry(settings, entry),
    audience: audienceOfEntry(settings, entry),
    params: usualParams(entry),
    analogues: entry.analogues,
  };
}

export function endpointId(site: string, key: string): string {
  return stableId('endpoint', site, key);
}

function endpointOut(value: ApiEndpoint): Outgoing {
  return { topic: 'endpoints', key: value.endpoint_id, type: 'ApiEndpoint', value };
}

/** The next revision of an entry as of the end of `pane`; notes on the entry that it was published. */
export function publishEntry(
  settings: InventorySettings,
  site: string,
  entry: EndpointEntry,
  pane: number,
  family: string | null = null,
): Outgoing {
  const facts = factsOf(settings, entry);
  entry.revision++;
  entry.publishedPane = pane;
  entry.publishedFacts = JSON.stringify(facts);
  entry.publishedRequests = entry.requests;
  return endpointOut({
    endpoint_id: endpointId(site, entry.key),
    revision: entry.revision,
    updated_at: (pane + 1) * paneMs,
    site,
    host: entry.host,
    endpoint: `${entry.method} ${entry.template}`,
    function: entry.function,
    ...facts,
    status: family === null ? facts.status : 'merged',
    first_seen_at: entry.firstPane * paneMs,
    established_at: entry.establishedPane === null ? null : entry.establishedPane * paneMs,
    last_seen_at: entry.lastPane * paneMs,
    requests: entry.requests,
    succeeded: entry.succeeded,
    failed: entry.failed,
    missing: entry.missing,
    clients: entry.clients.count(),
    family,
  });
}

/** A documented endpoint that nobody calls, or (`usedAs` a key) no longer stands alone. */
export function unusedOut(
  site: string,
  document: DocumentedEndpoint,
  host: string,
  kind: string,
  revision: number,
  pane: number,
  usedAs: string | null,
): Outgoing {
  return endpointOut({
    endpoint_id: endpointId(site, `${document.method} ${host}${document.template}`),
    revision,
    updated_at: (pane + 1) * paneMs,
    site,
    ...neverCalled(document, host, kind),
    status: usedAs === null ? 'unused' : 'merged',
    family: usedAs,
  });
}

/** What is to be said of a documented endpoint that nobody called. */
export function neverCalled(
  document: DocumentedEndpoint,
  host: string,
  kind: string,
): Omit<ApiEndpoint, 'endpoint_id' | 'revision' | 'updated_at' | 'site'> {
  return {
    host,
    endpoint: `${document.method} ${document.template}`,
    function: kind,
    status: 'unused',
    documentation: document.documentation,
    operation_id: document.operation_id,
    first_seen_at: null,
    established_at: null,
    last_seen_at: null,
    requests: 0,
    succeeded: 0,
    failed: 0,
    missing: 0,
    clients: 0,
    client_class: 'unknown',
    audience: 'public',
    params: [],
    analogues: [],
    family: null,
  };
}

export function aliasOut(site: string, family: string, members: number, effectivePane: number): Outgoing {
  const host = family.indexOf(' ') + 1;
  const slash = family.indexOf('/', host);
  const value: EndpointAlias = {
    alias_id: stableId('endpoint-alias', site, family),
    revision: 1,
    site,
    host: family.slice(host, slash),
    family: `${family.slice(0, host)}${family.slice(slash)}`,
    effective_from: effectivePane * paneMs,
    members,
  };
  return { topic: 'endpoints', key: value.alias_id, type: 'EndpointAlias', value };
}

export function noticeOut(value: EndpointNotice): Outgoing {
  return { topic: 'endpoints', key: value.notice_id, type: 'EndpointNotice', value };
}
