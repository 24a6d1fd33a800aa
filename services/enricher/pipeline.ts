import type { EnrichedRequest, RequestEvent } from '../../lib/contracts/generated.ts';
import { createLaneHasher, lanes, lanesBytes } from '../../lib/hash/lanes.ts';
import type { SipKey } from '../../lib/hash/siphash.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import type { StatelessStep } from '../../lib/log/step.ts';
import type { Endpoint, Templater } from '../../lib/path/template.ts';
import type { AddressSummary, Fingerprint, LastClient } from './address-facts.ts';
import { judgeRelease } from './browser-releases.ts';
import type { ClientTraits } from './client-traits.ts';
import type { EnricherConfig } from './config.ts';
import type { DuplicateFilter } from './duplicate-filter.ts';
import { createOutcomeRules } from './outcome-rules.ts';

export interface EnrichOptions {
  readonly key: SipKey;
  readonly template: Templater;
  readonly address: (ip: Buffer) => AddressSummary;
  readonly traits: (userAgent: string | null) => ClientTraits;
  readonly snapshot: () => string;
  readonly outcomes: EnricherConfig['outcomes'];
  readonly duplicates: DuplicateFilter;
  readonly onDuplicate: () => void;
}

/** The answer says that there is no such resource. */
function isMissed(status: number | null): boolean {
  return status === 404 || status === 405 || status === 410;
}

function botOf(traits: ClientTraits, address: AddressSummary): string {
  if (!traits.declaredBot) return 'none';
  return traits.botOperator !== null && traits.botOperator === address.crawler ? 'verified' : 'declared';
}

/** Hashes of a text that many records share, with what else went into them. */
interface Remembered {
  readonly site: string;
  readonly rest: string;
  readonly bytes: Buffer;
}

/** Fingerprints remembered per user agent: as many as TLS stacks and languages use one honestly. */
const fingerprintsPerAgent = 32;

/** The eight hashes of a request. What repeats is remembered on the objects that repeat. */
function createHashes(key: SipKey) {
  const hasher = createLaneHasher(key);
  const endpoints = new WeakMap<Endpoint, Remembered>();
  const fingerprints = new WeakMap<ClientTraits, Fingerprint[]>();
  const scratch = Buffer.alloc(lanesBytes);

  /** The last host decides: an endpoint object belongs to one host, except those that stand for "other". */
  const endpointHash = (site: string, host: string, endpoint: Endpoint): Buffer => {
    const known = endpoints.get(endpoint);
    if (known !== undefined && known.rest === host && known.site === site) return known.bytes;
    hasher.text('endpoint', site, `${host} ${endpoint.name}`, scratch);
    const bytes = Buffer.from(scratch.subarray(lanes.endpoint, lanes.endpoint + 8));
    endpoints.set(endpoint, { site, rest: host, bytes });
    return bytes;
  };

  const addressHashes = (site: string, ip: Buffer, address: AddressSummary): Buffer => {
    const known = address.hashes;
    if (known !== null && known.site === site) return known.bytes;
    hasher.client(site, ip, scratch);
    hasher.network(site, ip, scratch);
    const bytes = Buffer.from(scratch.subarray(lanes.client, lanes.network + 8));
    address.hashes = { site, bytes };
    return bytes;
  };

  /** What a client's software shows of itself; null when it shows nothing. */
  const fingerprint = (request: RequestEvent, client: LastClient): Fingerprint | null => {
    const tls = request.ja4 ?? request.ja3 ?? '';
    const agent = request.user_agent ?? '';
    if (tls === '' && agent === '') return null;
    const { site, http_version: http } = request;
    const language = request.accept_language !== null;
    const isIt = (seen: Fingerprint): boolean =>
      seen.agent === agent &&
      seen.http === http &&
      seen.tls === tls &&
      seen.language === language &&
      seen.site === site;
    if (client.fingerprint !== null && isIt(client.fingerprint)) return client.fingerprint;
    let known = fingerprints.get(client.traits);
    if (known === undefined) {
      known = [];
      fingerprints.set(client.traits, known);
    }
    let found = known.find(isIt);
    if (found === undefined) {
      hasher.text('fingerprint', site, `${tls}|${http ?? ''}|${language ? 1 : 0}|${agent}`, scratch);
      const bytes = Buffer.from(scratch.subarray(lanes.fingerprint, lanes.fingerprint + 8));
      found = { site, tls, http, language, agent, bytes };
      if (known.length >= fingerprintsPerAgent) known.length = 0;
      known.push(found);
    }
    client.fingerprint = found;
    return found;
  };

  return (request: RequestEvent, endpoint: Endpoint, address: AddressSummary, client: LastClient): Buffer => {
    const { site } = request;
    // From the pool: a Buffer.alloc of its own costs more than all hashes together.
    const bytes = Buffer.allocUnsafe(lanesBytes);
    for (let index = lanes.session; index < lanesBytes; index++) bytes[index] = 0;
    put(addressHashes(site, request.client_ip, address), bytes, lanes.client);
    put(endpointHash(site, request.host, endpoint), bytes, lanes.endpoint);
    const shown = fingerprint(request, client);
    if (shown !== null) put(shown.bytes, bytes, lanes.fingerprint);
    if (request.session_id !== null) hasher.text('session', site, request.session_id, bytes);
    if (request.account_id !== null) hasher.text('account', site, request.account_id, bytes);
    if (request.partner_id !== null) hasher.text('partner', site, request.partner_id, bytes);
    return bytes;
  };
}

/** Copies a few bytes; a call of Buffer.copy costs more than this loop. */
function put(from: Buffer, into: Buffer, at: number): void {
  for (let index = 0; index < from.length; index++) into[at + index] = from[index]!;
}

/** RequestEvent and its offset in, EnrichedRequest out. Same event and same data, same record. */
export function createEnrich(
  options: EnrichOptions,
): (request: RequestEvent, offset: number) => EnrichedRequest {
  const hashes = createHashes(options.key);
  const outcomeOf = createOutcomeRules(options.outcomes);

  return (event, offset) => {
    const { endpoint, params } = options.template(
      event.method,
      event.host,
      event.path,
      isMissed(event.status),
    );
    const outcome = event.outcome === 'unknown' ? outcomeOf(endpoint, event.status) : event.outcome;
    const request = outcome === event.outcome ? event : { ...event, outcome };
    const address = options.address(event.client_ip);
    let { client } = address;
    if (client === null || client.agent !== event.user_agent) {
      client = { agent: event.user_agent, traits: options.traits(event.user_agent), fingerprint: null };
      address.client = client;
    }
    const { traits } = client;
    const age =
      traits.dated === null
        ? null
        : judgeRelease(traits.dated.browser, traits.dated.release, event.timestamp);
    return {
      request,
      hashes: hashes(event, endpoint, address, client),
      source_offset: offset,
      endpoint: endpoint.name,
      endpoint_function: endpoint.function,
      documented: endpoint.documented,
      path_params: params,
      country: address.country,
      asn: address.asn,
      as_org: address.asOrg,
      network_class: address.networkClass,
      proxy_kind: address.proxyKind,
      proxy_operator: address.proxyOperator,
      proxy_confidence: address.proxyConfidence,
      client_class: traits.clientClass,
      browser: traits.browser,
      browser_version: traits.version,
      browser_age_days: age === null ? null : age.ageDays,
      browser_plausible: age === null ? null : age.plausible,
      platform: traits.platform,
      bot: botOf(traits, address),
      bot_name: traits.botName,
      data_snapshot: options.snapshot(),
    };
  };
}

/**
 * requests.raw partition p to requests.enriched partition p, in order; ticks as they are; what a collector sent again
 * is dropped. No await between records: order is that of the batch.
 */
export function createEnrichStep(options: EnrichOptions): StatelessStep<'requests.raw'> {
  const enrich = createEnrich(options);
  const { duplicates, onDuplicate } = options;
  return {
    name: 'enricher',
    process(batch) {
      const { partition } = batch;
      const outputs: Outgoing<'requests.enriched'>[] = [];
      for (const record of batch.records) {
        const { key, offset } = record;
        if (record.type === 'Tick')
          outputs.push({ topic: 'requests.enriched', key, partition, type: 'Tick', value: record.value });
        else if (duplicates.isDuplicate(partition, offset, record.value.event_id)) onDuplicate();
        else {
          const value = enrich(record.value, offset);
          outputs.push({ topic: 'requests.enriched', key, partition, type: 'EnrichedRequest', value });
        }
      }
      return { outputs, deadLetters: [] };
    },
    lookBack: { records: duplicates.window, remember: (batch) => duplicates.remember(batch) },
  };
}
