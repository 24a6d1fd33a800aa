import type { Campaign, Decision, EnrichedRequest } from '../../lib/contracts/generated.ts';
import { formatIp, networkText } from '../../lib/ip.ts';
import type { EventLabel } from '../generate/event.ts';
import { createFieldPresence } from './field-presence.ts';
import { createScorer } from './score-outcomes.ts';
import type { Judgement } from './simulated-edge.ts';
import type { CampaignSummary, NetworkAtRisk, ReplaySummary } from './summary.ts';
import { createTimeline } from './timeline.ts';

/** What is added up over a replay. Bounded by the number of campaigns and of stopped networks of good clients. */
export interface ReplayLedger {
  readonly presence: ReturnType<typeof createFieldPresence>;
  /** One settled request. */
  settle(event: EnrichedRequest, good: boolean, judgement: Judgement, label: EventLabel | undefined): void;
  campaign(campaign: Campaign): void;
  decision(decision: Decision): void;
  /** Distinct endpoint templates seen. */
  endpoints(): number;
  decisions(): number;
  campaigns(): readonly CampaignSummary[];
  stopped(): ReplaySummary['stopped'];
  timeline(): ReplaySummary['timeline'];
  atRisk(): ReplaySummary['at_risk'];
  score(): ReplaySummary['score'];
}

interface Network {
  readonly as_org: string | null;
  readonly clients: Set<string>;
  requests: number;
}

const maxNetworks = 20_000;
const maxClientsEach = 256;

export function createReplayLedger(): ReplayLedger {
  const presence = createFieldPresence();
  const scorer = createScorer();
  const timeline = createTimeline();
  const campaigns = new Map<string, Campaign>();
  const stoppedBy = new Map<string, number>();
  const campaignIds = new WeakMap<Decision, ReadonlySet<string>>();
  const endpoints = new Set<string>();
  const decided = new Set<string>();
  const networks = new Map<string, Network>();
  const counts = { allowed: 0, throttled: 0, challenged: 0, blocked: 0 };
  let labelled = false;
  let responseBytes = 0;
  let goodRequests = 0;
  let goodStopped = 0;

  const campaignsOf = (decision: Decision): ReadonlySet<string> => {
    let ids = campaignIds.get(decision);
    if (ids === undefined) {
      ids = new Set(decision.causes.flatMap(({ campaign_id }) => campaign_id ?? []));
      campaignIds.set(decision, ids);
    }
    return ids;
  };
  const noteAtRisk = (event: EnrichedRequest): void => {
    goodStopped++;
    const text = networkText(event.request.client_ip);
    let network = networks.get(text);
    if (network === undefined) {
      if (networks.size >= maxNetworks) return;
      network = { as_org: event.as_org, clients: new Set(), requests: 0 };
      networks.set(text, network);
    }
    network.requests++;
    if (network.clients.size < maxClientsEach) network.clients.add(formatIp(event.request.client_ip));
  };

  return {
    presence,
    settle(event, good, { outcome, decision }, label) {
      presence.note(event);
      endpoints.add(event.endpoint);
      counts[outcome]++;
      timeline.note(event.request.timestamp, outcome !== 'allowed');
      if (good) goodRequests++;
      if (label !== undefined) {
        labelled = true;
        scorer.add(event.request.timestamp, label, outcome);
      }
      if (decision === null) return;
      responseBytes += event.request.response_bytes ?? 0;
      for (const id of campaignsOf(decision)) stoppedBy.set(id, (stoppedBy.get(id) ?? 0) + 1);
      if (good) noteAtRisk(event);
    },
    campaign(campaign) {
      const known = campaigns.get(campaign.campaign_id);
      if (known === undefined || known.revision < campaign.revision)
        campaigns.set(campaign.campaign_id, campaign);
    },
    decision(decision) {
      decided.add(decision.decision_id);
    },
    endpoints: () => endpoints.size,
    decisions: () => decided.size,
    campaigns: () =>
      [...campaigns.values()]
        .filter((campaign) => campaign.state !== 'merged')
        .sort((a, b) => a.opened_at - b.opened_at || (a.campaign_id < b.campaign_id ? -1 : 1))
        .map((campaign) => ({
          campaign_id: campaign.campaign_id,
          opened_at: campaign.opened_at,
          closed_at: campaign.closed_at,
          last_at: campaign.updated_at,
          title: campaign.title,
          kind: campaign.kind,
          level: campaign.level,
          scope: campaign.scopes.map(({ key }) => key).join(', '),
          taxonomy: campaign.taxonomy,
          applied_action: campaign.applied_action,
          mode: campaign.mode,
          peak_ratio: campaign.peak_ratio,
          requests: campaign.requests,
          clients: campaign.clients,
          reason: campaign.reason,
          stopped: stoppedBy.get(campaign.campaign_id) ?? 0,
        })),
    stopped() {
      const requests = counts.blocked + counts.challenged + counts.throttled;
      const total = requests + counts.allowed;
      return {
        requests,
        share: total === 0 ? 0 : requests / total,
        blocked: counts.blocked,
        challenged: counts.challenged,
        throttled: counts.throttled,
        response_bytes: responseBytes,
      };
    },
    timeline: timeline.result,
    atRisk() {
      const list: NetworkAtRisk[] = [...networks]
        .map(([network, { as_org, clients, requests }]) => ({
          network,
          as_org,
          clients: clients.size,
          requests,
        }))
        .sort((a, b) => b.requests - a.requests || (a.network < b.network ? -1 : 1));
      return {
        requests: goodStopped,
        clients: list.reduce((sum, { clients }) => sum + clients, 0),
        good_requests: goodRequests,
        networks: list.slice(0, 20),
      };
    },
    score: () => (labelled ? scorer.result() : null),
  };
}
