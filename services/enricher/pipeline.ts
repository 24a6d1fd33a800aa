import type { EnrichedRequest, RequestEvent } from '../../lib/contracts/generated.ts';
import { createLaneHasher, lanes, lanesBytes } from '../../lib/hash/lanes.ts';
import type { SipKey } from '../../lib/hash/siphash.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import type { StatelessStep } from '../../lib/log/step.ts';
import type { Endpoint, Templater } from '../../lib/path/template.ts';
import type { AddressSummary } from './address-facts.ts';
import { judgeRelease } from './browser-releases.ts';
import type { ClientTraits } from './client-traits.ts';
import type { EnricherConfig } from './config.ts';
import { createOutcomeRules } from './outcome-rules.ts';

export interface EnrichOptions {
  readonly key: SipKey;
  readonly template: Templater;
  readonly address: (ip: Buffer) => AddressSummary;
  readonly traits: (userAgent: string | null) => ClientTraits;
  readonly snapshot: () => string;
  readonly outcomes: EnricherConfig['outcomes'];
}

/** The answer says that there is no such resource. */
function isMissed(status: number | null): boolean {
  return status === 404 || status === 405 || status === 410;
}

function botOf(traits: ClientTraits, address: AddressSummary): string {
  if (!traits.declaredBot) return 'none';
  return traits.botOperator !== null && traits.botOperator === address.crawler ? 'verified' : 'declared';
}

/** What a client's software shows of itself, order fixed. */
function fingerprintText(request: RequestEvent): string | null {
  const tls = request.ja4 ?? request.ja3;
  if (tls === null && request.user_agent === null) return null;
  const language = request.accept_language === null ? 0 : 1;
  return `${tls ?? ''}|${request.http_version ?? ''}|${language}|${request.user_agent ?? ''}`;
}

/** RequestEvent and its offset in, EnrichedRequest out. Same event and same data, same record. */
export function createEnrich(
  options: EnrichOptions,
): (request: RequestEvent, offset: number) => EnrichedRequest {
  const hasher = createLaneHasher(options.key);
  const outcomeOf = createOutcomeRules(options.outcomes);
  /** Endpoint hashes per endpoint object, per `site host`: objects are few and shared. */
  const endpointHashes = new WeakMap<Endpoint, Map<string, Buffer>>();

  const endpointHash = (site: string, host: string, endpoint: Endpoint): Buffer => {
    let perSite = endpointHashes.get(endpoint);
    // Endpoints that many hosts share ({other}) must not grow without bound: hosts are what clients send.
    if (perSite === undefined || perSite.size > 64) {
      perSite = new Map();
      endpointHashes.set(endpoint, perSite);
    }
    const key = `${site} ${host}`;
    let hash = perSite.get(key);
    if (hash === undefined) {
      const bytes = Buffer.alloc(lanesBytes);
      hasher.text('endpoint', site, `${host} ${endpoint.name}`, bytes);
      hash = bytes.subarray(lanes.endpoint, lanes.endpoint + 8);
      perSite.set(key, hash);
    }
    return hash;
  };

  const hashesOf = (request: RequestEvent, endpoint: Endpoint): Buffer => {
    const { site } = request;
    const bytes = Buffer.alloc(lanesBytes);
    hasher.client(site, request.client_ip, bytes);
    hasher.network(site, request.client_ip, bytes);
    if (request.session_id !== null) hasher.text('session', site, request.session_id, bytes);
    if (request.account_id !== null) hasher.text('account', site, request.account_id, bytes);
    bytes.set(endpointHash(site, request.host, endpoint), lanes.endpoint);
    const fingerprint = fingerprintText(request);
    if (fingerprint !== null) hasher.text('fingerprint', site, fingerprint, bytes);
    if (request.partner_id !== null) hasher.text('partner', site, request.partner_id, bytes);
    return bytes;
  };

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
    const traits = options.traits(event.user_agent);
    const age =
      traits.dated === null
        ? null
        : judgeRelease(traits.dated.browser, traits.dated.release, event.timestamp);
    return {
      request,
      hashes: hashesOf(event, endpoint),
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
 * requests.raw partition p to requests.enriched partition p, one record for one record, in order; ticks as they are.
 * No await between records: order is that of the batch.
 */
export function createEnrichStep(options: EnrichOptions): StatelessStep<'requests.raw'> {
  const enrich = createEnrich(options);
  return {
    name: 'enricher',
    process(batch) {
      const outputs: Outgoing<'requests.enriched'>[] = [];
      for (const record of batch.records) {
        const { key } = record;
        outputs.push(
          record.type === 'Tick'
            ? {
                topic: 'requests.enriched',
                key,
                partition: batch.partition,
                type: 'Tick',
                value: record.value,
              }
            : {
                topic: 'requests.enriched',
                key,
                partition: batch.partition,
                type: 'EnrichedRequest',
                value: enrich(record.value, record.offset),
              },
        );
      }
      return { outputs, deadLetters: [] };
    },
  };
}
