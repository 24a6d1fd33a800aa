import type { Decision, EnrichedRequest } from '../../lib/contracts/generated.ts';
import { isV4, maskIp, parseIp, parseNetwork } from '../../lib/ip.ts';
import type { AttributeName } from '../../lib/signature/attributes.ts';
import { compileSignature } from '../../lib/signature/signature.ts';
import { meets, sparedBy } from '../../lib/signature/standing.ts';
import { targetKey } from '../../lib/target.ts';
import { type InForce, inForce } from '../../services/actuator/decider/actions.ts';
import type { EdgePreset } from './edge-presets.ts';
import { RulesByEndpoint } from './rules-by-endpoint.ts';

export type RequestOutcome = 'allowed' | 'throttled' | 'challenged' | 'blocked';

export interface Judgement {
  readonly outcome: RequestOutcome;
  readonly decision: Decision | null;
}

/** What the edge holds and could not hold, for the summary. */
export interface EdgeReport {
  /** Targets in force at the latest request judged. */
  readonly entries: number;
  readonly rules: number;
  readonly peakEntries: number;
  readonly peakRules: number;
  /** Decisions that this edge has no list or rule for, by target kind. */
  readonly unsupported: { readonly [kind: string]: number };
  /** Decisions that found no free slot, or lost theirs to a weightier one. */
  readonly leftOut: number;
}

/**
 * An edge that follows decisions as a real one would: each takes effect a fixed delay after its moment, until it runs
 * out, as far as the slots reach. Pure: time comes from the requests judged and the decisions learned.
 */
export interface SimulatedEdge {
  /** Takes in a revision of a decision. Revisions of one target come in order. */
  learn(decision: Decision): void;
  /**
   * What would have become of the request. Every decision dated `request.timestamp - delay` or earlier must have been
   * learned. `standing`: what speaks for the client (lib/signature/standing.ts); rules that spare such clients then do
   * not apply.
   */
  judge(event: EnrichedRequest, standing: number): Judgement;
  report(): EdgeReport;
}

interface Entry {
  readonly key: string;
  readonly decision: Decision;
  readonly fromAt: number;
  readonly matches: ((event: EnrichedRequest) => boolean) | null;
  /** Standing that the rule spares (bits, 0: any); null: it spares nobody. */
  readonly sparing: number | null;
  /** The one campaign that asks for an address; null: several, or something else does. */
  readonly campaign: string | null;
  /** What was in force until `fromAt`: for requests that come a little out of order. */
  readonly previous: Entry | null;
  /** What the decision asks for, remembered for the times in which none of its causes ends. */
  known: { readonly force: InForce | null; readonly fromAt: number; readonly untilAt: number } | null;
}

function forceAt(entry: Entry, at: number): InForce | null {
  const { known, decision } = entry;
  if (known !== null && at >= known.fromAt && at < known.untilAt) return known.force;
  const force = inForce(decision, at);
  let untilAt = Infinity;
  for (const { until_at: end } of decision.causes) if (end > at && end < untilAt) untilAt = end;
  entry.known = { force, fromAt: at, untilAt };
  return force;
}

const outcomeOf: { readonly [action: string]: RequestOutcome } = {
  block: 'blocked',
  challenge: 'challenged',
  rate_limit: 'throttled',
};
const severity: { readonly [O in RequestOutcome]: number } = {
  allowed: 0,
  throttled: 1,
  challenged: 2,
  blocked: 3,
};
const allowed: Judgement = { outcome: 'allowed', decision: null };

const bytesKey = (ip: Buffer) => ip.toString('latin1', 0, 16);

export function createSimulatedEdge(options: {
  readonly preset: EdgePreset;
  readonly delayMs: number;
  readonly entries: number;
  /** Requests that no decision may stop (own networks, verified bots). */
  isProtected(event: EnrichedRequest): boolean;
}): SimulatedEdge {
  const { preset, delayMs } = options;
  /** Learned, not yet in effect, by time. */
  const pending: Entry[] = [];
  const installed = new Map<string, Entry>();
  const byAddress = new Map<string, Entry>();
  const byNetwork = new Map<number, Map<string, Entry>>();
  const byValue = new Map<string, Map<string, Entry>>();
  const rules = new RulesByEndpoint<Entry>();
  let listEntries = 0;
  let ruleCount = 0;
  let peakEntries = 0;
  let peakRules = 0;
  let leftOut = 0;
  const unsupported: { [kind: string]: number } = {};
  const turnedDown = new Set<string>();
  /** Keys in ascending order of weight, consumed from the front while the lists are full. */
  let weakest: string[] = [];
  let sweptAt = -Infinity;
  /** Campaigns that rules are held for: how many. */
  const ruled = new Map<string, number>();

  const expressible = (decision: Decision): boolean => {
    const { kind, signature } = decision.target;
    if (!preset.kinds.has(kind)) return false;
    if (kind !== 'signature') return true;
    if (signature === null || (signature.except_good && !preset.exceptGood)) return false;
    return (
      preset.attributes === null ||
      signature.predicates.every((predicate) => preset.attributes!.has(predicate.attribute as AttributeName))
    );
  };

  /** Where an entry is found again; null when its value is malformed. */
  const place = (decision: Decision, entry: Entry, put: boolean): void => {
    const set = (map: Map<string, Entry>, key: string) => {
      if (put) map.set(key, entry);
      else if (map.get(key)?.key === entry.key) map.delete(key);
    };
    const { kind, value, signature } = decision.target;
    if (kind === 'ip') {
      const ip = parseIp(value);
      if (ip !== null) set(byAddress, bytesKey(ip));
    } else if (kind === 'cidr') {
      const network = parseNetwork(value);
      if (network === null) return;
      let map = byNetwork.get(network.prefix);
      if (map === undefined) {
        map = new Map();
        byNetwork.set(network.prefix, map);
      }
      set(map, bytesKey(network.address));
      if (map.size === 0) byNetwork.delete(network.prefix);
    } else if (kind === 'signature') {
      if (put) rules.add(signature, entry);
      else rules.delete(signature, entry);
    } else {
      let map = byValue.get(kind);
      if (map === undefined) {
        map = new Map();
        byValue.set(kind, map);
      }
      set(map, value);
      if (map.size === 0) byValue.delete(kind);
    }
  };

  const noteRule = (decision: Decision, step: 1 | -1): void => {
    for (const { campaign_id: id } of decision.causes) {
      if (id === null) continue;
      const held = (ruled.get(id) ?? 0) + step;
      if (held > 0) ruled.set(id, held);
      else ruled.delete(id);
    }
  };
  const remove = (entry: Entry): void => {
    if (installed.get(entry.key) !== entry) return;
    installed.delete(entry.key);
    place(entry.decision, entry, false);
    if (entry.decision.target.kind === 'signature') {
      ruleCount--;
      noteRule(entry.decision, -1);
    } else listEntries--;
  };

  const isOver = (entry: Entry, at: number): boolean =>
    entry.decision.state !== 'active' || entry.decision.expires_at <= at;

  const sweep = (at: number): void => {
    sweptAt = at;
    for (const entry of installed.values()) if (isOver(entry, at)) remove(entry);
  };

  /** Frees a slot for something weightier than what is weakest; false when nothing is. */
  const makeRoom = (newcomer: Entry, at: number): boolean => {
    if (at >= sweptAt + 1000) sweep(at);
    if (listEntries < options.entries) return true;
    while (true) {
      if (weakest.length === 0) {
        weakest = [...installed.values()]
          .filter((entry) => entry.decision.target.kind !== 'signature')
          .sort((a, b) => b.decision.requests - a.decision.requests || (a.key < b.key ? -1 : 1))
          .slice(-Math.max(1, Math.ceil(options.entries / 20)))
          .map((entry) => entry.key);
        if (weakest.length === 0) return false;
      }
      const candidate = installed.get(weakest.at(-1)!);
      if (candidate === undefined) {
        weakest.pop();
        continue;
      }
      if (candidate.decision.requests >= newcomer.decision.requests) return false;
      weakest.pop();
      remove(candidate);
      leftOut++;
      return true;
    }
  };

  const install = (entry: Entry, at: number): void => {
    const old = installed.get(entry.key);
    if (old !== undefined) remove(old);
    if (isOver(entry, entry.fromAt)) return;
    const isRule = entry.decision.target.kind === 'signature';
    const full = isRule ? ruleCount >= preset.rules : listEntries >= options.entries;
    if (full && (isRule || !makeRoom(entry, at))) {
      if (isRule) sweep(at);
      if (!isRule || ruleCount >= preset.rules) {
        if (!turnedDown.has(entry.decision.decision_id)) leftOut++;
        turnedDown.add(entry.decision.decision_id);
        return;
      }
    }
    const current: Entry = { ...entry, previous: old === undefined ? null : { ...old, previous: null } };
    installed.set(current.key, current);
    place(current.decision, current, true);
    if (isRule) {
      ruleCount++;
      noteRule(current.decision, 1);
    } else listEntries++;
    peakEntries = Math.max(peakEntries, listEntries);
    peakRules = Math.max(peakRules, ruleCount);
  };

  const inEffect = (entry: Entry, at: number): Entry | null => {
    if (at >= entry.fromAt) return entry;
    return entry.previous !== null && at >= entry.previous.fromAt ? entry.previous : null;
  };

  let best: Judgement = allowed;
  const consider = (found: Entry | undefined, event: EnrichedRequest, standing: number): void => {
    if (found === undefined) return;
    const at = event.request.timestamp;
    const entry = inEffect(found, at);
    if (entry === null) return;
    const force = forceAt(entry, at);
    if (force === null || force.mode !== 'enforce') return;
    const outcome = outcomeOf[force.action];
    if (outcome === undefined || severity[outcome] <= severity[best.outcome]) return;
    // a rule stops what the members of its campaign send to the campaign's endpoints, and nothing else of theirs
    if (entry.campaign !== null && ruled.has(entry.campaign)) return;
    if (entry.matches !== null && !entry.matches(event)) return;
    if (entry.sparing !== null && meets(standing, entry.sparing)) return;
    best = { outcome, decision: entry.decision };
  };

  return {
    learn(decision) {
      if (!expressible(decision)) {
        const { kind } = decision.target;
        if (decision.revision === 1) unsupported[kind] = (unsupported[kind] ?? 0) + 1;
        return;
      }
      const { signature } = decision.target;
      const entry: Entry = {
        key: targetKey(decision.site, decision.target),
        decision,
        fromAt: Math.max(decision.decided_at, decision.updated_at) + delayMs,
        matches: signature === null ? null : compileSignature(signature),
        sparing: signature === null || !preset.exceptGood ? null : sparedBy(signature),
        campaign: signature === null ? onlyCampaign(decision) : null,
        previous: null,
        known: null,
      };
      let index = pending.length;
      while (index > 0 && pending[index - 1]!.fromAt > entry.fromAt) index--;
      pending.splice(index, 0, entry);
    },
    judge(event, standing) {
      const { request } = event;
      const at = request.timestamp;
      let due = 0;
      while (due < pending.length && pending[due]!.fromAt <= at) install(pending[due++]!, at);
      if (due > 0) pending.splice(0, due);
      if (installed.size === 0) return allowed;
      best = allowed;
      const ip = request.client_ip;
      if (byAddress.size > 0) consider(byAddress.get(bytesKey(ip)), event, standing);
      // Nothing is stronger than a block, and in an attack most requests are blocked by address.
      if (best.outcome === 'blocked') return options.isProtected(event) ? allowed : best;
      for (const [prefix, networks] of byNetwork) {
        if (prefix >= 96 && !isV4(ip)) continue;
        consider(networks.get(bytesKey(maskIp(ip, prefix))), event, standing);
      }
      for (const [kind, entries] of byValue) {
        const value = valueFor(event, kind);
        if (value !== null) consider(entries.get(value), event, standing);
      }
      rules.visit(event.endpoint, (entry) => consider(entry, event, standing));
      return best === allowed || options.isProtected(event) ? allowed : best;
    },
    report: () => ({ entries: listEntries, rules: ruleCount, peakEntries, peakRules, unsupported, leftOut }),
  };
}

function onlyCampaign({ causes }: Decision): string | null {
  const [first] = causes;
  return first !== undefined && causes.every((cause) => cause.campaign_id === first.campaign_id)
    ? first.campaign_id
    : null;
}

function valueFor(event: EnrichedRequest, kind: string): string | null {
  switch (kind) {
    case 'asn':
      return event.asn === null ? null : String(event.asn);
    case 'country':
      return event.country;
    case 'ja3':
      return event.request.ja3;
    case 'ja4':
      return event.request.ja4;
    case 'session':
      return event.request.session_id;
    case 'account':
      return event.request.account_id;
    case 'api_key':
      return event.request.api_key_id;
    default:
      return null;
  }
}
