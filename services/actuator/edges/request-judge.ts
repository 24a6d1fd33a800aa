import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { type Network, parseNetwork } from '../../../lib/ip.ts';
import { compileSignature } from '../../../lib/signature/signature.ts';
import { sparedBy } from '../../../lib/signature/standing.ts';
import { strength } from '../decider/actions.ts';
import { isAddress } from '../entry-name.ts';
import { createNetworkSet, type NetworkSet } from '../network-set.ts';
import { createAddressTable } from './address-table.ts';
import { createBrowserReader } from './browser-reading.ts';
import { byParticularity, endpointPattern } from './endpoint-pattern.ts';
import { goodPattern } from './good-clients.ts';
import type { PlacedEntry } from './placed-entry.ts';
import { valueKinds } from './proxy-edge.ts';

/** One request as a proxy describes it. */
export interface JudgedRequest {
  readonly ip: Buffer;
  readonly method: string;
  /** Decoded, without query. */
  readonly path: string;
  readonly host: string | null;
  readonly userAgent: string | null;
  readonly acceptLanguage: string | null;
  readonly referer: string | null;
  readonly cookie: string | null;
  readonly asn: string | null;
  readonly country: string | null;
  /** Of the address that a partner's call is made for. */
  readonly endUserAsn: string | null;
  readonly endUserCountry: string | null;
  readonly ja3: string | null;
  readonly ja4: string | null;
  /** Words of a pass that was checked (`|cart|content|`), asked for once, when a rule spares the good; '': none holds. */
  readonly standing?: () => string;
}

/**
 * Decides about single requests from the entries that are wanted: with the compiled signatures of detection itself, so
 * that what was found is what is stopped.
 */
export interface RequestJudge {
  /** The strongest entry that the request falls under; null: none. */
  judge(request: JudgedRequest): PlacedEntry | null;
  put(entry: PlacedEntry): void;
  remove(key: string): void;
  exempt(networks: readonly Network[]): void;
  readonly entries: ReadonlyMap<string, PlacedEntry>;
}

interface Rule {
  readonly entry: PlacedEntry;
  readonly matches: (event: EnrichedRequest) => boolean;
  /** Of a rule that spares the good: finds in the words of a pass whom. */
  readonly good: RegExp | null;
}

const rememberedAgents = 20_000;

export function createRequestJudge(): RequestJudge {
  const entries = new Map<string, PlacedEntry>();
  const addresses = createAddressTable<PlacedEntry>();
  const readBrowser = createBrowserReader(rememberedAgents);
  let rules: readonly Rule[] | null = [];
  let endpoints: readonly { readonly endpoint: string; readonly regex: RegExp }[] = [];
  let exempted: NetworkSet<true> = createNetworkSet([]);

  /** The strongest rule first: the first that holds is the answer. */
  const compiled = (): readonly Rule[] => {
    if (rules !== null) return rules;
    const signatures = [...entries.values()].filter((entry) => entry.signature !== null);
    signatures.sort((a, b) => strength(b.action) - strength(a.action) || (a.key < b.key ? -1 : 1));
    const named = signatures.flatMap(({ signature }) =>
      signature!.predicates
        .filter(({ attribute }) => attribute === 'endpoint')
        .flatMap((each) => each.values),
    );
    endpoints = byParticularity(named).flatMap((endpoint) => {
      const pattern = endpointPattern(endpoint);
      return pattern === null ? [] : [{ endpoint, regex: new RegExp(`^(?:${pattern})$`) }];
    });
    rules = signatures.map((entry) => ({
      entry,
      matches: compileSignature(entry.signature!),
      good: sparedBy(entry.signature!) === null ? null : new RegExp(goodPattern(entry.signature!)),
    }));
    return rules;
  };
  const isExempt = (ip: Buffer): boolean => exempted.covering({ address: ip, prefix: 128 }) !== null;
  const eventOf = (request: JudgedRequest): EnrichedRequest => {
    const { browser, version, platform } = readBrowser(request.userAgent);
    // The patterns are written in bytes.
    const line = Buffer.from(`${request.method} ${request.path}`, 'utf8').toString('latin1');
    return {
      request: {
        client_ip: request.ip,
        method: request.method,
        host: request.host,
        user_agent: request.userAgent,
        accept_language: request.acceptLanguage,
        referer: request.referer,
        cookie_count: request.cookie === null ? 0 : 1,
        ja3: request.ja3,
        ja4: request.ja4,
        http_version: null,
        tls_version: null,
      },
      asn: request.asn,
      country: request.country,
      end_user_asn: request.endUserAsn,
      end_user_country: request.endUserCountry,
      browser,
      browser_version: version,
      platform,
      // One that no rule names is another one, whatever it is called.
      endpoint: endpoints.find(({ regex }) => regex.test(line))?.endpoint ?? '',
    } as unknown as EnrichedRequest;
  };

  return {
    entries,
    judge(request) {
      let strongest: PlacedEntry | null = null;
      const consider = (entry: PlacedEntry | undefined): void => {
        if (entry !== undefined && strength(entry.action) > strength(strongest?.action ?? 'observe'))
          strongest = entry;
      };
      for (const entry of addresses.covering(request.ip)) consider(entry);
      const all = compiled();
      if (isExempt(request.ip)) return strongest;
      for (const kind of valueKinds)
        if (request[kind] !== null) consider(entries.get(`${kind}|${request[kind]}`));
      if (all.length > 0) {
        const event = eventOf(request);
        let standing: string | null = null;
        const isGood = (good: RegExp | null): boolean => {
          if (good === null) return false;
          standing ??= request.standing?.() ?? '';
          return good.test(standing);
        };
        consider(all.find(({ matches, good }) => matches(event) && !isGood(good))?.entry);
      }
      return strongest;
    },
    put(entry) {
      entries.set(entry.key, entry);
      if (isAddress(entry)) addresses.set(parseNetwork(entry.value)!, entry);
      else if (entry.signature !== null) rules = null;
    },
    remove(key) {
      const entry = entries.get(key);
      entries.delete(key);
      if (entry === undefined) return;
      if (isAddress(entry)) addresses.delete(parseNetwork(entry.value)!);
      else if (entry.signature !== null) rules = null;
    },
    exempt(networks) {
      exempted = createNetworkSet(networks.map((network) => [network, true] as const));
    },
  };
}
