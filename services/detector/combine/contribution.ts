import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { countIndex, countNames, flag, sketchIndex, sketchNames, suspiciousFlags } from '../layout.ts';
import { orderOf } from '../pane-group.ts';
import { known, type RequestFacts } from '../state/request-facts.ts';
import type { CountedEndpoint } from './counted-endpoint.ts';
import { SampleReader } from './sample-reader.ts';
import type { Sampled } from './sampled.ts';

/** What one request adds to every group that it belongs to: worked out once, added several times. One is reused. */
export interface Contribution {
  event: EnrichedRequest | null;
  /** Set by the pane that it is added to. */
  endpoint: CountedEndpoint | null;
  flags: number;
  /** Hash of the event id: its place in the samples. */
  order: number;
  /** Counts that it raises by one. */
  readonly counts: Uint8Array;
  raised: number;
  /** What it shows to each sketch, low and high half; both 0: nothing. `values` are several: see the facts. */
  readonly shown: Int32Array;
  facts: RequestFacts | null;
  /** What groups keep of it as a sample: made when the first one wants it. */
  sampled: Sampled | null;
  readonly samples: SampleReader;
}

export function createContribution(): Contribution {
  return {
    event: null,
    endpoint: null,
    flags: 0,
    order: 0,
    counts: new Uint8Array(countNames.length),
    raised: 0,
    shown: new Int32Array(sketchNames.length * 2),
    facts: null,
    sampled: null,
    samples: new SampleReader(),
  };
}

const clients = sketchIndex.clients * 2;
const sessions = sketchIndex.sessions * 2;
const accounts = sketchIndex.accounts * 2;
const combos = sketchIndex.combos * 2;
const fingerprints = sketchIndex.fingerprints * 2;

export function contribute(
  into: Contribution,
  event: EnrichedRequest,
  flags: number,
  facts: RequestFacts,
): void {
  const { counts, shown } = into;
  let raised = 0;
  into.event = event;
  into.flags = flags;
  into.order = orderOf(facts.idLo, facts.idHi);
  into.facts = facts;
  into.sampled = null;
  counts[raised++] = countIndex.requests;
  if ((flags & flag.verified) !== 0) {
    counts[raised++] = countIndex.verified;
    into.raised = raised;
    return;
  }
  if ((flags & flag.direct) !== 0) counts[raised++] = countIndex.direct;
  if ((flags & flag.failing) !== 0) {
    counts[raised++] = countIndex.failing;
    if ((flags & flag.direct) !== 0) counts[raised++] = countIndex.cold_failing;
    if ((flags & flag.denied) !== 0) counts[raised++] = countIndex.denied;
    if ((flags & flag.declined) !== 0) counts[raised++] = countIndex.declined;
  }
  const { status } = event.request;
  if ((flags & flag.succeeding) !== 0) {
    counts[raised++] = countIndex.succeeding;
    if (status !== null && status >= 300 && status < 400) counts[raised++] = countIndex.redirected;
    else if ((flags & flag.paged) !== 0) {
      counts[raised++] = countIndex.paged;
      if ((flags & flag.direct) !== 0) counts[raised++] = countIndex.cold_paged;
    }
  }
  if ((flags & flag.recovering) !== 0) counts[raised++] = countIndex.recovering;
  if ((flags & flag.missing) !== 0) counts[raised++] = countIndex.missing;
  if ((flags & flag.serial) !== 0) counts[raised++] = countIndex.serial;
  if ((flags & flag.hostile) !== 0) counts[raised++] = countIndex.hostile;
  if ((flags & flag.implausible) !== 0) counts[raised++] = countIndex.implausible;
  if ((flags & flag.newClient) !== 0) counts[raised++] = countIndex.new_clients;
  if ((flags & (flag.failing | flag.succeeding)) !== 0) counts[raised++] = countIndex.outcome_known;
  if (status !== null) counts[raised++] = countIndex.status_known;
  if (facts.networkClass !== 'unknown') counts[raised++] = countIndex.network_known;
  if ((facts.present & known.browser) !== 0) counts[raised++] = countIndex.browser_known;
  if ((flags & flag.implausible) !== 0)
    counts[raised++] = (flags & flag.unreal) !== 0 ? countIndex.unreal : countIndex.outdated;
  if ((flags & flag.skipped) !== 0) counts[raised++] = countIndex.skipped;
  if ((flags & flag.cookiesKnown) !== 0) {
    counts[raised++] = countIndex.cookies_known;
    if ((flags & flag.fewCookies) !== 0) counts[raised++] = countIndex.few_cookies;
  }
  if ((facts.present & known.session) !== 0) {
    counts[raised++] = countIndex.session_known;
    if ((flags & flag.newSession) !== 0) counts[raised++] = countIndex.new_sessions;
  }
  const { documented } = event;
  if (documented !== null) {
    counts[raised++] = countIndex.documentation_known;
    if (!documented) counts[raised++] = countIndex.undocumented;
  }
  if ((facts.present & known.partner) !== 0) counts[raised++] = countIndex.by_partner;
  if ((facts.present & known.country) !== 0) counts[raised++] = countIndex.country_known;
  if ((flags & suspiciousFlags) !== 0) counts[raised++] = countIndex.suspicious;
  into.raised = raised;

  shown[clients] = facts.clientLo;
  shown[clients + 1] = facts.clientHi;
  shown[sessions] = facts.sessionLo;
  shown[sessions + 1] = facts.sessionHi;
  shown[accounts] = facts.accountLo;
  shown[accounts + 1] = facts.accountHi;
  const { target } = facts;
  shown[combos] = target;
  shown[combos + 1] = target === 0 ? 0 : Math.imul(target ^ (target >>> 15), 0x2c1b3c6d);
  shown[fingerprints] = facts.fingerprintLo;
  shown[fingerprints + 1] = facts.fingerprintHi;
}
