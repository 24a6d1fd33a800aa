import { type CountName, countIndex } from '../../layout.ts';

/**
 * Behaviours that tell abuse from a crowd: each splits the requests of a scope in suspicious and clean ones. Attackers
 * add to the suspicious side only, so the clean side estimates the honest volume, and the honest share of suspicious
 * requests (learned) says how many suspicious ones come with it. What is above that is excess.
 */

/** Among which requests a count is known. */
const baseOf: { readonly [N in CountName]?: CountName } = {
  direct: 'by_others',
  unusual: 'by_others',
  skipped: 'by_others',
  serial: 'by_others',
  arrived: 'by_others',
  bounced: 'by_others',
  abandoned: 'by_others',
  failing: 'outcome_known',
  succeeding: 'outcome_known',
  cold_failing: 'outcome_known',
  recovering: 'outcome_known',
  denied: 'outcome_known',
  declined: 'outcome_known',
  paged: 'outcome_known',
  cold_paged: 'outcome_known',
  redirected: 'outcome_known',
  missing: 'status_known',
  hostile: 'network_known',
  implausible: 'browser_known',
  unreal: 'browser_known',
  outdated: 'browser_known',
  new_sessions: 'session_known',
  few_cookies: 'cookies_known',
  undocumented: 'documentation_known',
  foreign: 'country_known',
  cold_foreign: 'country_known',
  contradicted: 'fingerprint_known',
};

export function baseIndex(name: CountName): number {
  return countIndex[baseOf[name] ?? 'requests'];
}

/** Counts that speak for people: an excess of them is no abuse. */
const honestNames: ReadonlySet<CountName> = new Set([
  'succeeding',
  'recovering',
  'went_on',
  'arrived',
  'verified',
  'by_partner',
  'paged',
  'cold_paged',
  'redirected',
  'by_others',
]);

export function speaksAgainst(name: CountName): boolean {
  return !honestNames.has(name);
}

const historyNames: ReadonlySet<CountName> = new Set([
  'direct',
  'cold_failing',
  'cold_foreign',
  'cold_paged',
  'recovering',
  'new_clients',
  'unusual',
  'new_sessions',
  'skipped',
  'arrived',
  'bounced',
  'abandoned',
]);

/** Depends on earlier requests of the client, which the log may not reach back to. */
export function needsHistory(name: CountName): boolean {
  return historyNames.has(name);
}

const priors: { readonly [N in CountName]?: { readonly [fn: string]: number } } = {
  direct: { content: 0.6, search: 0.3, login: 0.3, inventory: 0.2, cart: 0.05, payment: 0.05, '': 0.3 },
  failing: { login: 0.12, payment: 0.08, '': 0.05 },
  cold_failing: { login: 0.06, '': 0.03 },
  denied: { login: 0.12, '': 0.03 },
  recovering: { login: 0.08, '': 0.04 },
  missing: { inventory: 0.08, '': 0.05 },
  hostile: { '': 0.08 },
  implausible: { '': 0.02 },
  unreal: { '': 0.01 },
  outdated: { '': 0.02 },
  new_sessions: { login: 0.2, payment: 0.05, '': 0.3 },
  skipped: { payment: 0.1, '': 0.02 },
  arrived: { content: 0.6, search: 0.3, login: 0.3, inventory: 0.2, cart: 0.05, payment: 0.05, '': 0.3 },
  bounced: { content: 0.4, cart: 0.05, payment: 0.05, '': 0.2 },
  abandoned: { content: 0.4, cart: 0.05, payment: 0.05, '': 0.2 },
  few_cookies: { '': 0.1 },
  undocumented: { '': 0.02 },
  foreign: { '': 0.02 },
  cold_foreign: { '': 0.01 },
  contradicted: { '': 0.01 },
  serial: { '': 0.02 },
  declined: { payment: 0.08, '': 0.01 },
};

/** Expected share before anything was learned: the last rung of the ladder. */
export function priorShare(name: CountName, endpointFunction: string): number {
  const prior = priors[name];
  return prior?.[endpointFunction] ?? prior?.[''] ?? 0.5;
}

/** Requests that a rung of the ladder weighs against the one above it, at most: scopes that are unlike say less. */
export const rungWeight = 30;
/** Real counts are burstier than independent ones: variances are multiplied by this. */
export const overDispersion = 3;

export interface ExpectedShare {
  /** Best estimate. */
  readonly share: number;
  /** What it may plausibly be at most. */
  readonly upper: number;
  /** Requests behind it. */
  readonly samples: number;
}

/** Learned sums of a scope or pool, indexed as counts. */
export type Totals = Float64Array;

/** What several scopes do together. */
export interface Together {
  readonly totals: Totals;
  /** By count: requests of a scope's own that weigh as much; null: not known. */
  readonly alike: Totals | null;
}

/** What stands in while a scope knows little of itself, strongest first. */
export interface Rungs {
  readonly own: Totals;
  /** Endpoints of the same function on the same host. */
  readonly class: Together | null;
  /** Endpoints of the same host that read, or write, as this one. */
  readonly host: Together | null;
}

/** Requests of each rung that count as evidence about a scope that is not in it, for each that it weighs. */
const borrowed = { class: 2, host: 1 } as const;

/**
 * Share of `name` expected of a scope: its own history, shrunk towards its function class, its host, the prior. The
 * prior alone is no evidence: until something was learned nearby, anything may be normal.
 */
export function expectedShare(name: CountName, endpointFunction: string, rungs: Rungs): ExpectedShare {
  const at = countIndex[name];
  const base = baseIndex(name);
  const weightOf = (rung: Together | null): number => rung?.alike?.[at] ?? rungWeight;
  const ofHost = weightOf(rungs.host);
  const ofClass = weightOf(rungs.class);
  let share = priorShare(name, endpointFunction);
  const learn = (totals: Totals | undefined, before: number): void => {
    if (totals !== undefined) share = (totals[at]! + before * share) / (totals[base]! + before);
  };
  learn(rungs.host?.totals, rungWeight);
  learn(rungs.class?.totals, ofHost);
  learn(rungs.own, ofClass);
  const samples = rungs.own[base]!;
  const weight =
    1 +
    samples +
    Math.min(borrowed.class * ofClass, rungs.class?.totals[base] ?? 0) +
    Math.min(borrowed.host * ofHost, rungs.host?.totals[base] ?? 0);
  const upper = Math.min(0.98, share + 2 * Math.sqrt((overDispersion * share * (1 - share)) / weight));
  return { share, upper, samples };
}

export interface Contrast {
  readonly suspicious: number;
  readonly known: number;
  /** null when it is known of none. */
  readonly share: number | null;
  /** Suspicious requests that come with so many clean ones, at most. */
  readonly expected: number;
  readonly excess: number;
  /** Excess in standard deviations. */
  readonly surprise: number;
}

/** A share of honest requests when as many as `unseen` of them cannot be told from those that are in it. */
export function withUnseen(share: number, unseen: number): number {
  return share + (1 - share) * unseen;
}

/** What share of honest requests may plausibly show a behaviour at most, as far as the log has seen their visits begin. */
export function mostShare(name: CountName, { upper }: ExpectedShare, unseen: number): number {
  return needsHistory(name) ? withUnseen(upper, unseen) : upper;
}

/** Splits a window by one behaviour. `unseen`: share of visits whose beginning the log does not have. */
export function contrast(
  name: CountName,
  suspicious: number,
  known: number,
  expected: ExpectedShare,
  unseen: number,
): Contrast {
  const upper = Math.min(0.98, mostShare(name, expected, unseen));
  // a request or two of doubt: an endpoint that is always used so has no clean side to count by
  const withClean = ((known - suspicious + 1.5) * upper) / (1 - upper);
  const excess = suspicious - withClean;
  return {
    suspicious,
    known,
    share: known === 0 ? null : suspicious / known,
    expected: withClean,
    excess,
    surprise: excess / Math.sqrt(overDispersion * (withClean + 1)),
  };
}
