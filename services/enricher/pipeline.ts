import type { EnrichedRequest, RequestEvent } from '../../lib/contracts/generated.ts';
import type { SipKey } from '../../lib/hash/siphash.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import type { StatelessStep } from '../../lib/log/step.ts';
import type { Endpoint, Templater } from '../../lib/path/template.ts';
import type { AddressSummary } from './address-facts.ts';
import { judgeRelease } from './browser-releases.ts';
import type { ClientTraits } from './client-traits.ts';
import type { EnricherConfig } from './config.ts';
import type { DuplicateFilter } from './duplicate-filter.ts';
import { createOutcomeRules } from './outcome-rules.ts';
import { createRequestHashes } from './request-hashes.ts';

export interface EnrichOptions {
  readonly key: SipKey;
  readonly template: Templater;
  readonly operations: (endpoint: Endpoint, operation: string | null) => Endpoint;
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

/** RequestEvent and its offset in, EnrichedRequest out. Same event and same data, same record. */
export function createEnrich(
  options: EnrichOptions,
): (request: RequestEvent, offset: number) => EnrichedRequest {
  const hashes = createRequestHashes(options.key);
  const outcomeOf = createOutcomeRules(options.outcomes);

  return (event, offset) => {
    const { endpoint: served, params } = options.template(
      event.method,
      event.host,
      event.path,
      isMissed(event.status),
    );
    const endpoint = options.operations(served, event.operation);
    const outcome = event.outcome === 'unknown' ? outcomeOf(endpoint, event.status) : event.outcome;
    const request = outcome === event.outcome ? event : { ...event, outcome };
    const address = options.address(event.client_ip);
    let { client } = address;
    if (client === null || client.agent !== event.user_agent) {
      client = { agent: event.user_agent, traits: options.traits(event.user_agent), fingerprint: null };
      address.client = client;
    }
    const { traits } = client;
    const endUser = event.end_user_ip === null ? null : options.address(event.end_user_ip);
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
      operation: endpoint.operation,
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
      end_user_country: endUser?.country ?? null,
      end_user_asn: endUser?.asn ?? null,
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
