import type { Evidence, Verdict } from '../../../lib/contracts/generated.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { degradedBy } from '../caps.ts';
import { episodeVerdict, extend, type Figures, figureEvidence, openEpisode } from '../episode.ts';
import { type LocalKind, localKinds } from '../groups.ts';
import {
  type ClientCountName,
  type CountName,
  clientCountIndex,
  countIndex,
  type NetworkCountName,
  networkCountIndex,
  outcomeCounts,
  paneMs,
} from '../layout.ts';
import type { PaneGroup } from '../pane-group.ts';
import { longestSpanMs, type Policy } from '../policies/load-policies.ts';
import type { FeatureSpec } from '../policies/policy-schema.ts';
import { standsOut } from '../standing-out.ts';
import { verdictOut } from '../verdict.ts';
import { shareAmongServers } from './site/among-servers.ts';
import { type AttackedFunctions, attackedFunctions } from './site/attacked-functions.ts';
import { standsForOthers } from './site/rerouted.ts';
import { distinct, sum } from './site/scope.ts';
import {
  effectiveAt,
  type ReduceSettings,
  type SiteState,
  scopeId,
  type WatchedScope,
} from './site/site-state.ts';
import { usualShareOfSite, usualShares } from './site/usual-callers.ts';

interface Peers {
  readonly clients: number;
  readonly mean_20s: number;
  /** Share of their log-ins that were refused in the last minute; 0 when they made none. */
  readonly login_failing: number;
  /** Share of all their requests of known outcome that were refused in the last minute. */
  readonly failing: number;
  /** Share of them that asked for what does not exist. */
  readonly missing: number;
}

/**
 * Policies on single addresses and networks. combine reports the few whose last minute stands out; addresses are held
 * against the other clients of the whole site, so that the answer does not depend on the partition they fall on.
 */
export function judgeLocal(
  state: SiteState,
  settings: ReduceSettings,
  pane: number,
  groups: readonly PaneGroup[],
): Outgoing[] {
  const at = effectiveAt(settings, pane);
  for (const [key, episode] of state.clients) if (episode.untilAt <= at) state.clients.delete(key);
  const outputs: Outgoing[] = [];
  let shares: ReadonlyMap<string, number> | undefined;
  for (const kind of localKinds) {
    const reported = groups.filter((group) => group.kind === kind);
    const policies = settings.policies.filter(({ scope }) => scope === kind);
    if (reported.length === 0 || policies.length === 0) continue;
    const peers =
      kind === 'client'
        ? peersOf(
            state,
            pane,
            reported.filter(({ counts }) => standsOut(counts)),
          )
        : null;
    if (kind === 'client' && peers === null) continue;
    const pagesRefuse = logins(state).some(({ baseline }) => baseline.pageRefuses);
    for (const policy of policies) {
      let attacked: AttackedFunctions | undefined;
      for (const group of reported) {
        const figures = new Map<string, number | null>();
        for (const { name, spec } of policy.features)
          figures.set(name, figureOf(kind, spec, group, pagesRefuse));
        const values = {
          ...Object.fromEntries(figures),
          ...(peers === null ? {} : { peers }),
          // asked of few: it takes a look at all that is normal anywhere
          get usual() {
            shares ??= usualShares(state);
            return {
              share: shares.get(group.key) ?? 0,
              get of_site() {
                return usualShareOfSite(state, group.key);
              },
              get servers() {
                return shareAmongServers(state, group.key, pane);
              },
            };
          },
          get attacked() {
            attacked ??= attackedFunctions(state, policy.document.mode === 'simulate');
            return attacked;
          },
        };
        if (!policy.condition(values)) continue;
        if (kind === 'client' && isFront(state, group, pane)) return outputs;
        const verdict = localVerdict(state, settings, policy, group, values, figures, peers, pane, at);
        if (verdict !== null) outputs.push(verdictOut(verdict));
      }
    }
  }
  return outputs;
}

const isFront = (state: SiteState, { counts }: PaneGroup, pane: number): boolean =>
  standsForOthers(
    state,
    pane,
    counts[clientCountIndex.requests_20s]!,
    counts[clientCountIndex.requests_60s]!,
  );

/** The other clients of the site; null: there is no site to compare with. */
function peersOf(state: SiteState, pane: number, reported: readonly PaneGroup[]): Peers | null {
  const site = state.scopes.get(scopeId('site', ''));
  if (site === undefined) return null;
  let requests = sum(site.scope, countIndex.requests, pane, 20);
  for (const group of reported) requests -= group.counts[clientCountIndex.requests_20s]!;
  const clients = distinct(site.scope, 'clients', pane, 20) - reported.length;
  return {
    clients: Math.max(0, clients),
    mean_20s: clients > 0 ? Math.max(0, requests) / clients : 0,
    login_failing: shareOfOthers(refused, logins(state), pane, reported, 'login_failing_60s'),
    failing: shareOfOthers(refused, [site], pane, reported, 'failing_60s'),
    missing: shareOfOthers(inVain, [site], pane, reported, 'missing_60s'),
  };
}

const logins = ({ scopes }: SiteState): WatchedScope[] =>
  [...scopes.values()].filter(({ scope }) => scope.kind === 'endpoint' && scope.traits.function === 'login');

/** What part of others' requests show the same: when everybody's do, nobody's say anything about him. */
function shareOfOthers(
  [part, known]: readonly [CountName, CountName],
  scopes: readonly WatchedScope[],
  pane: number,
  reported: readonly PaneGroup[],
  own: ClientCountName,
): number {
  let some = 0;
  let all = 0;
  for (const { scope } of scopes) {
    some += sum(scope, countIndex[part], pane, 60);
    all += sum(scope, countIndex[known], pane, 60);
  }
  for (const { counts } of reported) {
    some -= counts[clientCountIndex[own]]!;
    all -= counts[clientCountIndex[own]]!;
  }
  return all > 0 ? Math.max(0, some) / all : 0;
}
const refused = ['failing', 'outcome_known'] as const;
const inVain = ['missing', 'status_known'] as const;

/**
 * null is unknown: no request of the group said whether it failed, or carried a session. `pagesRefuse`: who is shown a page at the
 * log-in did not get in.
 */
function figureOf(
  kind: LocalKind,
  spec: FeatureSpec,
  { counts }: PaneGroup,
  pagesRefuse: boolean,
): number | null {
  if (kind === 'client' && spec.type === 'client') {
    const value = counts[clientCountIndex[spec.of]]!;
    if (outcomeCounts.has(spec.of) && counts[clientCountIndex.known_60s] === 0) return null;
    if (spec.of === 'sessions_60s' && value === 0) return null;
    if (spec.of === 'visitors_60s') {
      const letIn = counts[clientCountIndex.let_in]!;
      return Math.max(value, pagesRefuse ? letIn : letIn + counts[clientCountIndex.paged_in]!);
    }
    // linear counting may say none of what was certainly there once
    return spec.of === 'agents_60s' ? Math.max(1, value) : value;
  }
  if (kind === 'network' && spec.type === 'network') {
    const value = counts[networkCountIndex[spec.of]]!;
    if (outcomeCounts.has(spec.of) && counts[networkCountIndex.known_60s] === 0) return null;
    return spec.of === 'agents_60s' || spec.of === 'clients_60s' ? Math.max(1, value) : value;
  }
  return null;
}

function localVerdict(
  state: SiteState,
  settings: ReduceSettings,
  policy: Policy,
  group: PaneGroup,
  values: object,
  figures: Figures,
  peers: Peers | null,
  pane: number,
  at: number,
): Verdict | null {
  const { id, action } = policy.document;
  const key = `${id} ${policy.hash} ${group.key}`;
  const episode = state.clients.get(key) ?? openEpisode(pane * paneMs, at);
  state.clients.set(key, episode);
  if (!extend(episode, at, action.ttl)) return null;
  const evidence = figureEvidence(policy, figures, values).map((row, index): Evidence => {
    const { spec } = policy.features[index]!;
    if (peers === null || !('of' in spec) || spec.of !== 'requests_20s') return row;
    const { clients, mean_20s: usual } = peers;
    return {
      ...row,
      normal_p50: usual,
      ratio: row.observed !== null && usual > 0 ? row.observed / usual : null,
      trust: `${clients} other clients`,
    };
  });
  const degraded = degradedBy(state.lost, pane * paneMs);
  const inputs = settings.inputs(pane, longestSpanMs(policy) / paneMs);
  const finding = {
    site: state.site,
    updated_at: at,
    reason: reasonOf(group, peers),
    evidence,
    inputs,
    degraded,
  };
  return episodeVerdict(policy, episode, finding, group.key.includes('/') ? 'cidr' : 'ip', group.key);
}

/** What the group did, in a sentence. */
function reasonOf({ kind, key, counts }: PaneGroup, peers: Peers | null): string {
  if (kind === 'network') {
    const shown = (name: NetworkCountName): number => counts[networkCountIndex[name]]!;
    return (
      `${key} sent ${shown('requests_60s')} requests in a minute from ${shown('clients_60s')} addresses with ` +
      `${Math.max(1, shown('agents_60s'))} kinds of software (${shown('failing_60s')} refused, ` +
      `${shown('direct_60s')} without an earlier page).`
    );
  }
  const shown = (name: ClientCountName): number => counts[clientCountIndex[name]]!;
  const sessions = shown('sessions_60s');
  return (
    `${key} sent ${shown('requests_60s')} requests in a minute ` +
    `(${shown('failing_60s')} refused, ${shown('missing_60s')} for things that do not exist` +
    `${sessions > 1 ? `, ${sessions} sessions` : ''}` +
    `${shown('serial') > 0 ? ', one value after another with no page between them' : ''}` +
    `${shown('declined') > 0 ? ', one card declined after another' : ''}); ` +
    `its ${peers?.clients ?? 0} peers send ${(peers?.mean_20s ?? 0).toFixed(1)} in 20 s on average.`
  );
}
