import type {
  AccountCountName,
  ClientCountName,
  CountName,
  NetworkCountName,
  SketchName,
} from '../layout.ts';

/** What features may be `of`, in words: the reference is made of it, and a name without words does not compile. */
export const ratioDocs: { readonly [N in CountName]: string } = {
  requests: 'All requests (the share is always 1).',
  direct: 'By clients that used no other part of the site before.',
  failing: 'The answer says no: refused log-in, refused payment.',
  succeeding: 'The answer says yes.',
  cold_failing: 'Failing and direct.',
  recovering: 'Log-ins that succeed after the same client failed with the same account: people who mistyped.',
  denied: 'Refused with 401 or 403, or as a failure without a status: who was shown was not believed.',
  declined: 'Answered with 402: a card that is declined.',
  paged:
    'Log-ins that send something and are answered with a page (2xx): who gets in by an API, and who does not by a form. Where the form is learned, they count as failing as well.',
  cold_paged: 'Paged and direct.',
  redirected: 'Answered with a redirect.',
  by_others:
    'By others than verified bots and servers that are known as a visible part of what is usual there.',
  by_partner: 'That name a partner.',
  missing: 'For things that do not exist: 404, 410, an empty answer.',
  hostile: 'From hosting, proxies, VPNs or Tor.',
  implausible: 'The browser never existed, or is years out of date.',
  new_clients: 'By an address and software never seen before.',
  verified: 'By verified bots.',
  suspicious: 'Any of direct, failing, missing, hostile, implausible.',
  outcome_known: 'Whose outcome is known.',
  status_known: 'Whose status is known.',
  network_known: 'Whose network is known.',
  browser_known: 'Whose browser is known.',
  unusual: 'By clients that did not do before what practically all honest clients of the endpoint do.',
  new_sessions: 'With a session never seen before on its network.',
  session_known: 'That carry a session.',
  unreal: 'The browser never existed.',
  outdated: 'The browser existed and is years out of date.',
  skipped: 'Payments by clients that filled no cart in this visit.',
  few_cookies: 'By clients that gathered next to no cookies over several requests.',
  cookies_known: 'By clients whose cookies were counted over several requests.',
  undocumented: 'To endpoints that no OpenAPI document has.',
  documentation_known: 'Where there is an OpenAPI document.',
  country_known: 'Whose country is known.',
  foreign: 'From countries where the site has no genuine business.',
  cold_foreign: 'Foreign and direct.',
  contradicted: 'The user agent names a browser that its TLS fingerprint contradicts.',
  fingerprint_known: 'Whose fingerprint, or browser, has been learned.',
  serial:
    'Look-ups in series: by clients that ask for one value after another, too fast to read the answers, with no page between them.',
  went_on: 'visits that began here and go on to another part of the site',
  arrived: 'direct requests of 8 to 20 seconds ago: those that `bounced` is a part of',
  bounced: 'direct requests of 8 to 20 seconds ago whose visits have not gone on',
  abandoned:
    'direct requests of 20 to 50 seconds ago whose visits have not gone on: time enough to type a password',
};

export const sketchDocs: { readonly [N in SketchName]: string } = {
  clients: 'Addresses (IPv6: /64).',
  sessions: 'Sessions.',
  accounts: 'Accounts.',
  combos: 'Combinations of parameters and path values.',
  values: 'Values of parameters and of the path, one by one.',
  fingerprints: 'Fingerprints: JA4 with user agent.',
};

export const clientDocs: { readonly [N in ClientCountName]: string } = {
  requests_20s: 'Requests of the last ten to twenty seconds.',
  requests_60s: 'Requests.',
  failing_60s: 'Refused requests; null when no outcome is known.',
  missing_60s: 'Requests for things that do not exist; null when no outcome is known.',
  known_60s: 'Requests whose status or outcome is known.',
  login_failing_60s: 'Refused log-ins; null when no outcome is known.',
  endpoints_60s: 'Distinct endpoints (estimate, up to about 130).',
  targets_60s: 'Distinct endpoints with their values (estimate, up to about 300).',
  agents_60s: 'Distinct kinds of client software (estimate), at least 1.',
  sessions_60s: 'Distinct sessions (estimate); null when none was carried.',
  visitors_60s:
    'People that the address shows: its agents, its sessions that come back (all, while it is too early to tell), or those who got in at ' +
    'the log-in (of half an hour ago half; for the first seconds those on its form, too), whichever are more; at least 1.',
  let_in:
    'Log-ins that were answered with a redirect (of half an hour ago half), and at first the forms of a log-in that were just opened.',
  paged_in:
    'Log-ins that were answered with a page, which is a refusal where the log-in is a form (of half an hour ago half).',
  identified_60s: 'Requests with a partner or an API key.',
  verified: '1 for a verified bot, else 0.',
  declined: '1 when its newest request was a payment whose card was declined, else 0.',
  serial:
    '1 when its newest request was a look-up in series (see ratio), by a client that had used another part of the site, else 0.',
};

export const networkDocs: { readonly [N in NetworkCountName]: string } = {
  requests_60s: 'Requests.',
  failing_60s: 'Refused requests; null when no outcome is known.',
  missing_60s: 'Requests for things that do not exist; null when no outcome is known.',
  known_60s: 'Requests whose status or outcome is known.',
  direct_60s: 'Requests by clients that used no other part of the site before.',
  identified_60s: 'Requests with a partner or an API key.',
  clients_60s: 'Distinct addresses (IPv6: /64; estimate, up to about 300).',
  agents_60s: 'Distinct kinds of client software (estimate), at least 1.',
  verified: '1 when the newest request was of a verified bot, else 0.',
};

export const accountDocs: { readonly [N in AccountCountName]: string } = {
  requests_60m: 'Requests.',
  failing_60m: 'Refused requests; null when no outcome is known.',
  succeeding_60m: 'Accepted requests; null when no outcome is known.',
  known_60m: 'Requests whose status or outcome is known.',
  stranger_failing_60m: 'Refused requests of addresses that had not succeeded with this account before.',
  clients_60m: 'Distinct addresses (estimate, up to about 300).',
  failing_clients_60m: 'Distinct addresses that were refused (estimate); null when no outcome is known.',
  targets_10m: 'Distinct objects: endpoint with its path values and parameters (estimate, up to about 700).',
  missing_10m: 'Requests for things that do not exist; null when no outcome is known.',
};
