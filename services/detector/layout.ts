import { createHash } from 'node:crypto';
import { type AttributeName, attributes } from '../../lib/signature/attributes.ts';
import { caller, history, meets, several, signedIn, verified } from '../../lib/signature/standing.ts';

/** Where each name stands in its list, counted from `first`. */
function placesOf<const N extends string>(names: readonly N[], first = 0): { readonly [K in N]: number } {
  const places = names.map((name, index) => [name, first + index]);
  return Object.fromEntries(places) as { readonly [K in N]: number };
}

/**
 * The meaning of the numbers in a PaneGroup: which count stands where, which sketches follow, what a sample carries.
 * combine writes by it and reduce reads by it; `aggregateLayoutHash` is in every frame, so that a frame of other
 * meaning is noticed and not added up.
 */
export const countNames = [
  'requests',
  /** By clients that used no other part of the site before (no earlier page). */
  'direct',
  /** The response says no: failed login, refused payment. */
  'failing',
  'succeeding',
  /** Failing and direct. */
  'cold_failing',
  /** The thing asked for does not exist: 404, 410, or an empty answer. */
  'missing',
  /** From hosting, proxies, VPNs or Tor. */
  'hostile',
  /** The browser never existed, or is years out of date. */
  'implausible',
  /** The client (address and software) was never seen before. */
  'new_clients',
  /** By verified bots: never suspicious. */
  'verified',
  /** Any of direct, failing, missing, hostile, implausible: the stratum of the samples. */
  'suspicious',
  'outcome_known',
  'status_known',
  'network_known',
  'browser_known',
  /**
   * By clients that did not do before what practically all honest clients of the endpoint do (reduce/site/journeys.ts).
   * combine does not know what that is: it sends 0, and reduce counts it from the samples.
   */
  'unusual',
  /** With a session that was never seen before on this network. */
  'new_sessions',
  'session_known',
  /** The browser never existed. */
  'unreal',
  /** The browser existed and is years out of date. */
  'outdated',
  /** A payment by a client that filled no cart in this visit. */
  'skipped',
  /** By clients that gathered next to no cookies over several requests. */
  'few_cookies',
  /** By clients with several earlier requests whose cookies were counted. */
  'cookies_known',
  /** To an endpoint that no OpenAPI document has. */
  'undocumented',
  'documentation_known',
  'country_known',
  /** From countries where the site has no genuine business. Counted by reduce from the samples, as `unusual` is. */
  'foreign',
  /** Foreign and direct. Counted by reduce from the samples. */
  'cold_foreign',
  /** The user agent names a browser that never comes with this TLS fingerprint. Counted by reduce from the samples. */
  'contradicted',
  /** With a TLS fingerprint of which reduce has learned what browsers it comes with. */
  'fingerprint_known',
  /** Visits that began here and now go on to another part of the site. Requests elsewhere: not part of `requests`. */
  'went_on',
  /** Direct requests of 8 to 20 seconds ago, whether their visits have gone on or not. Worked out by reduce, per second. */
  'arrived',
  /** Direct requests of 8 to 20 seconds ago whose visits have not gone on. Worked out by reduce, per second. */
  'bounced',
  /** The same of 20 to 50 seconds ago: time enough to type a password. */
  'abandoned',
  /** Log-ins that succeed where the client's last failure was with the same account. */
  'recovering',
  /** Failing, and answered with 401 or 403 if with anything: what was shown for an identity was not believed. */
  'denied',
  /** That name a partner. */
  'by_partner',
  /** Look-ups in series: by clients that ask for one value after another, too fast to read, with no page between them. */
  'serial',
  /** Answered with 402: the card is declined. `failing` too. */
  'declined',
  /** Log-ins that send something and are answered with a page, as who gets in is by an API, and who does not by a form. */
  'paged',
  /** Paged and direct. */
  'cold_paged',
  /** Answered with a redirect. */
  'redirected',
  /** By others than verified bots and servers that are known (reduce/site/known-callers.ts). Counted by reduce. */
  'by_others',
] as const;
export type CountName = (typeof countNames)[number];
export const countIndex = placesOf(countNames);

/**
 * Distinct counts of a group, as HyperLogLog. `combos`: combinations of named parameters and path values; `values`: the
 * values one by one. Those that nobody reads are empty: combine/group-plan.ts.
 */
export const sketchNames = ['clients', 'sessions', 'accounts', 'combos', 'values', 'fingerprints'] as const;
export type SketchName = (typeof sketchNames)[number];
export const sketchIndex = placesOf(sketchNames);

/** Counts of a group of kind `client`: one address, over its last seconds. */
export const clientCountNames = [
  'requests_20s',
  'requests_60s',
  'failing_60s',
  'missing_60s',
  'known_60s',
  /** Refused log-ins. */
  'login_failing_60s',
  /** Estimates from small bitmaps. */
  'endpoints_60s',
  'targets_60s',
  'agents_60s',
  /** Sessions; 0: none was seen, so nothing is known. */
  'sessions_60s',
  /** People that it shows: agents, or sessions that come back. Reduce adds `let_in`, and `paged_in` where that is no refusal. */
  'visitors_60s',
  /** Log-ins that were answered with a redirect, and forms that were just opened: who gets in is somebody. */
  'let_in',
  /** Log-ins that were answered with a page. */
  'paged_in',
  /** Requests that carried a partner or an API key, or were let in with a name of their own and no person's. */
  'identified_60s',
  'verified',
  /** 1 when its newest request was a look-up in series, by a client that had used another part of the site. */
  'serial',
  /** 1 when its newest request was a payment whose card was declined. */
  'declined',
] as const;
export type ClientCountName = (typeof clientCountNames)[number];
export const clientCountIndex = placesOf(clientCountNames);

/** Counts of a group of kind `network`: one /24 or /48, over the last minute. */
export const networkCountNames = [
  'requests_60s',
  'failing_60s',
  'missing_60s',
  'known_60s',
  'direct_60s',
  'identified_60s',
  /** Estimates from small bitmaps: addresses (IPv6: /64) and kinds of software. */
  'clients_60s',
  'agents_60s',
  'verified',
] as const;
export type NetworkCountName = (typeof networkCountNames)[number];
export const networkCountIndex = placesOf(networkCountNames);

/** Of clients and networks: unknown where no outcome is known. */
export const outcomeCounts: ReadonlySet<ClientCountName | NetworkCountName> = new Set([
  'failing_60s',
  'login_failing_60s',
  'missing_60s',
]);

/** Figures of a group of kind `account`: over the last hour (`_60m`) or ten minutes (`_10m`). */
export const accountCountNames = [
  'requests_60m',
  'failing_60m',
  'succeeding_60m',
  'known_60m',
  /** Requests of addresses that had not succeeded with this account before. */
  'stranger_failing_60m',
  /** Estimates from small bitmaps: addresses, and addresses that failed. */
  'clients_60m',
  'failing_clients_60m',
  /** Objects asked for (endpoint with its path values and parameters). */
  'targets_10m',
  'missing_10m',
] as const;
export type AccountCountName = (typeof accountCountNames)[number];

/** What a single request said about its client when it came. Bits of Sample.flags. */
export const flag = {
  direct: 1,
  failing: 2,
  missing: 4,
  hostile: 8,
  implausible: 16,
  newClient: 32,
  /** Behaved over time as an attacker can't cheaply: see state/actor-table.ts. */
  good: 64,
  verified: 128,
  succeeding: 256,
  newSession: 512,
  /** The browser never existed; `implausible` is set too. */
  unreal: 1024,
  skipped: 2048,
  /** Several requests of the client had their cookies counted; with `fewCookies`: it gathered next to none. */
  cookiesKnown: 4096,
  fewCookies: 8192,
  /** Set by reduce on samples: see reduce/site/site-mix.ts. */
  foreign: 16384,
  contradicted: 32768,
  /** A log-in that succeeds where the client's last failure was with the same account. */
  recovering: 1 << 30,
  /** It carries an account that was not refused; no log-in. */
  signedIn: 1 << 29,
  /** `failing` is set too. */
  denied: 1 << 28,
  /** A look-up by a client in the middle of a series: see state/actor-table.ts. */
  serial: 1 << 25,
  /** `failing` is set too. */
  declined: 1 << 26,
  /** A log-in that is answered with a page: what that means is learned, see reduce/site/page-reading.ts. */
  paged: 1 << 27,
  /** First of the bits of lib/signature/standing.ts that say what parts of the site were used earlier in the visit. */
  parts: 1 << 16,
} as const;
export const suspiciousFlags = flag.direct | flag.failing | flag.missing | flag.hostile | flag.implausible;

/** Bits of a standing that are parts of the site, and more than one page. */
export const journeyMask = several | (several - 1);

/** What spoke for the client when the request came: bits of lib/signature/standing.ts. */
export function standingOf(flags: number): number {
  const journey = (flags >>> 16) & journeyMask;
  return (
    journey |
    // who came without an earlier page and yet not directly is no visitor
    (journey === 0 && (flags & (flag.direct | flag.verified)) === 0 ? caller : 0) |
    ((flags & flag.good) !== 0 ? history : 0) |
    ((flags & flag.signedIn) !== 0 ? signedIn : 0) |
    ((flags & flag.verified) !== 0 ? verified : 0)
  );
}

/**
 * Clients that "everyone but the good" spares: they used the required parts of the site first (none named: any other
 * part), or have a history.
 */
export function spared(flags: number, required = 0): boolean {
  return meets(standingOf(flags), required);
}

/** Attributes that the miner may put into a signature: an edge sees them, and they are not given by the scope. */
export const minedAttributes = [
  'client_ip',
  'network_24_48',
  'asn',
  'country',
  'end_user_asn',
  'end_user_country',
  'ja3',
  'ja4',
  'user_agent',
  'product',
  'browser',
  'browser_version',
  'platform',
  'accept_language',
  'has_accept_language',
  'has_referer',
  'has_cookie',
  'http_version',
  'tls_version',
] as const satisfies readonly AttributeName[];
for (const name of minedAttributes)
  if (!attributes[name].edgeVisible) throw new Error(`attribute ${name} can't be seen by an edge`);

/**
 * After the mined attributes, a sample says what its endpoint is, and how it was called: class of the client's
 * software, `partner` or `key` when the caller identified itself, names of the parameters (comma-separated). Where an
 * endpoint serves several operations: the one asked for, whose function `endpoint_function` is.
 */
export const traitNames = [
  'endpoint',
  'host',
  'endpoint_function',
  'documented',
  'proxy_operator',
  'client_class',
  'caller',
  'param_names',
  'operation',
] as const;
export type TraitName = (typeof traitNames)[number];
export const traitIndex = placesOf(traitNames, minedAttributes.length);

export const paneMs = 1000;
/** Panes of a minute. */
export const minutePanes = 60_000 / paneMs;

export const aggregateLayoutHash = createHash('sha256')
  .update(
    JSON.stringify([
      3,
      countNames,
      sketchNames,
      clientCountNames,
      networkCountNames,
      flag,
      minedAttributes,
      traitNames,
      paneMs,
    ]),
  )
  .digest('hex')
  .slice(0, 16);
