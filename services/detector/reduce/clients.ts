import type { Evidence, GroupPartial, Verdict } from '../../../lib/contracts/generated.ts';
import { stableId } from '../../../lib/ids.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { clientCountIndex, countIndex, paneMs } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';
import { verdictOut } from './outputs.ts';
import { distinct, sum } from './scope.ts';
import { type ClientEpisode, type ReduceSettings, type SiteState, scopeId } from './site-state.ts';

/**
 * Policies on single addresses. combine reports the few whose last minute stands out; here they are held against the
 * other clients of the whole site, so that the answer does not depend on the partition an address falls on.
 */
export function judgeClients(
  state: SiteState,
  settings: ReduceSettings,
  pane: number,
  groups: readonly GroupPartial[],
): Outgoing[] {
  const reported = groups.filter((group) => group.kind === 'client');
  const at = (pane + 1) * paneMs + settings.config.lateness;
  for (const [key, episode] of state.clients) if (episode.untilAt <= at) state.clients.delete(key);
  if (reported.length === 0) return [];
  const site = state.scopes.get(scopeId('site', ''));
  if (site === undefined) return [];
  const mine = (name: 'requests_20s', group: GroupPartial): number => group.counts[clientCountIndex[name]]!;
  const others = {
    requests: sum(site.scope, countIndex.requests, pane, 20),
    clients: distinct(site.scope, 0, pane, 20),
  };
  for (const group of reported) {
    others.requests -= mine('requests_20s', group);
    others.clients -= 1;
  }
  const peers = {
    clients: Math.max(0, others.clients),
    mean_20s: others.clients > 0 ? Math.max(0, others.requests) / others.clients : 0,
  };
  const outputs: Outgoing[] = [];
  for (const policy of settings.policies) {
    if (policy.scope !== 'client') continue;
    for (const group of reported) {
      const values: { [name: string]: unknown } = { peers };
      const figures = new Map<string, number>();
      for (const { name, spec } of policy.features) {
        if (spec.type !== 'client') continue;
        const value = group.counts[clientCountIndex[spec.of]]!;
        // linear counting may say none of what was certainly there once
        const shown = spec.of === 'agents_60s' ? Math.max(1, value) : value;
        values[name] = shown;
        figures.set(name, shown);
      }
      if (!policy.condition(values)) continue;
      const verdict = clientVerdict(state, policy, group, figures, peers, pane, at);
      if (verdict !== null) outputs.push(verdictOut(verdict));
    }
  }
  return outputs;
}

function clientVerdict(
  state: SiteState,
  policy: Policy,
  group: GroupPartial,
  figures: ReadonlyMap<string, number>,
  peers: { readonly clients: number; readonly mean_20s: number },
  pane: number,
  at: number,
): Verdict | null {
  const { document } = policy;
  const key = `${document.id} ${group.key}`;
  let episode = state.clients.get(key);
  if (episode === undefined) {
    episode = {
      policyId: document.id,
      openedAt: pane * paneMs,
      decidedAt: at,
      revision: 0,
      untilAt: 0,
      lastActiveAt: at,
    } satisfies ClientEpisode;
    state.clients.set(key, episode);
  }
  episode.lastActiveAt = at;
  // a revision only when half of the time is used up
  if (episode.revision > 0 && episode.untilAt - at > document.action.ttl / 2) return null;
  episode.revision++;
  episode.untilAt = at + document.action.ttl;
  const kind = group.key.includes('/') ? 'cidr' : 'ip';
  const evidence: Evidence[] = [...figures].map(([name, observed]) => ({
    name,
    observed,
    normal_p50: name === 'requests_20s' ? peers.mean_20s : null,
    normal_p99: null,
    threshold: null,
    ratio: name === 'requests_20s' && peers.mean_20s > 0 ? observed / peers.mean_20s : null,
    window_ms: name === 'requests_20s' ? 20_000 : 60_000,
    samples: null,
    trust: name === 'requests_20s' ? `${peers.clients} other clients` : null,
  }));
  const shown = (name: string): number => figures.get(name) ?? 0;
  return {
    verdict_id: stableId('verdict', state.site, document.id, policy.hash, kind, group.key, episode.openedAt),
    revision: episode.revision,
    updated_at: at,
    site: state.site,
    policy_id: document.id,
    policy_title: document.title,
    policy_hash: policy.hash,
    level: document.level,
    mode: document.mode,
    target: { kind, value: group.key, signature: null },
    action: {
      kind: document.action.kind,
      fallback: document.action.fallback,
      ttl_ms: document.action.ttl,
      escalate_ms: document.action.escalate,
    },
    campaign_id: null,
    decided_at: episode.decidedAt,
    first_seen_at: episode.openedAt,
    until_at: episode.untilAt,
    reason:
      `${group.key} sent ${shown('requests_60s')} requests in a minute ` +
      `(${shown('failing')} refused, ${shown('missing')} for things that do not exist); ` +
      `its ${peers.clients} peers send ${peers.mean_20s.toFixed(1)} in 20 s on average.`,
    evidence,
    taxonomy: policy.taxonomy,
    sample_event_ids: [],
    inputs: [],
    degraded: [],
    baseline_rung: null,
  };
}
