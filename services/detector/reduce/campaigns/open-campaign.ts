import type { Campaign, CampaignSignature, Signature, Verdict } from '../../../../lib/contracts/generated.ts';
import { stableId } from '../../../../lib/ids.ts';
import type { Outgoing } from '../../../../lib/log/log.ts';
import { canonicalSignature } from '../../../../lib/signature/signature.ts';
import { paneMs } from '../../layout.ts';
import { actionOf, verdictOf, verdictOut } from '../../verdict.ts';
import { forgetEnded } from '../signatures/live-signatures.ts';
import { isPlace } from '../signatures/signature-place.ts';
import type { LiveSignature, OpenCampaign } from '../site/campaign-state.ts';

/** An open campaign is published at least this often while it is seen. */
export const publishPanes = 30;

/** `simulatedBy`: id of the policy, when it only simulates; such campaigns stand beside those that act. */
function campaignId(
  site: string,
  kind: string,
  key: string,
  openedAt: number,
  simulatedBy: string | null,
): string {
  return simulatedBy === null
    ? stableId('campaign', site, kind, key, openedAt)
    : stableId('campaign', site, kind, key, openedAt, simulatedBy);
}

export interface Opening
  extends Pick<
    OpenCampaign,
    'site' | 'policy' | 'openedAt' | 'effectiveFrom' | 'behaviour' | 'baselineRung'
  > {
  readonly scope: { readonly kind: string; readonly key: string };
}

/** As it begins: it observes, and nothing is said of it yet. */
export function newCampaign({ scope: { kind, key }, ...opening }: Opening): OpenCampaign {
  const { site, policy, openedAt } = opening;
  const simulated = policy.document.mode === 'simulate';
  const pane = openedAt / paneMs;
  return {
    ...opening,
    id: campaignId(site, kind, key, openedAt, simulated ? policy.document.id : null),
    simulated,
    scopes: [{ kind, key }],
    lenders: [],
    revision: 0,
    state: 'observed',
    appliedAction: 'observe',
    signatures: [],
    verdictRevisions: new Map(),
    reason: '',
    evidence: [],
    inputs: [],
    lastActivePane: pane,
    searches: new Map(),
    requests: 0,
    excess: 0,
    peakRatio: null,
    share: null,
    clients: 0,
    sampleIds: [],
    degraded: [],
    publishedPane: pane,
  };
}

/** The next revision as a record. */
export function campaignRecord(campaign: OpenCampaign, at: number): Campaign {
  campaign.revision++;
  forgetEnded(campaign, at);
  const { policy } = campaign;
  const { document } = policy;
  return {
    campaign_id: campaign.id,
    revision: campaign.revision,
    updated_at: at,
    site: campaign.site,
    kind: document.campaign.kind,
    title: `${document.title}: ${campaign.scopes.map((scope) => scope.key).join(', ')}`,
    policy_id: document.id,
    policy_hash: policy.hash,
    level: document.level,
    mode: document.mode,
    state: campaign.state,
    merged_into: null,
    scopes: campaign.scopes,
    opened_at: campaign.openedAt,
    effective_from: at,
    closed_at: campaign.state === 'ended' ? at : null,
    signatures: campaign.signatures.map(
      (live): CampaignSignature => ({
        version: live.version,
        signature: live.signature,
        coverage: live.coverage,
        lift: live.lift,
        collateral: live.collateral,
        collateral_upper: live.collateralUpper,
        good_sample: live.goodSample,
        from_at: live.fromAt,
        until_at: live.untilAt,
      }),
    ),
    action: actionOf(policy),
    applied_action: campaign.appliedAction,
    reason: campaign.reason,
    evidence: campaign.evidence,
    taxonomy: policy.taxonomy,
    requests: Math.round(campaign.requests),
    excess: Math.round(campaign.excess),
    peak_ratio: campaign.peakRatio,
    share: campaign.share,
    clients: campaign.clients,
    sample_event_ids: campaign.sampleIds,
    inputs: campaign.inputs,
    degraded: campaign.degraded,
    baseline_rung: campaign.baselineRung,
  };
}

/** It says where and who is spared, and nothing of what is stopped. */
function isWholeEndpoint({ predicates, except_good: sparing }: Signature): boolean {
  return sparing && predicates.every(isPlace);
}

function sparingAction({ policy: { document }, appliedAction }: OpenCampaign): string {
  // an action that the policy weakened stays weak
  return appliedAction === document.action.kind ? document.action['everyone-but-good'] : appliedAction;
}

/** The next revision of the verdict on one signature of a campaign. */
function signatureVerdict(campaign: OpenCampaign, live: LiveSignature, at: number): Verdict {
  const { policy, verdictRevisions } = campaign;
  const name = canonicalSignature(live.signature);
  const verdict = stableId('verdict', policy.hash, name);
  const revision = (verdictRevisions.get(verdict) ?? 0) + 1;
  verdictRevisions.set(verdict, revision);
  return verdictOf(policy, {
    opened_at: campaign.openedAt,
    revision,
    updated_at: at,
    site: campaign.site,
    target: {
      kind: 'signature',
      value: name,
      signature: live.signature,
    },
    action: actionOf(
      policy,
      isWholeEndpoint(live.signature) ? sparingAction(campaign) : campaign.appliedAction,
    ),
    campaign_id: campaign.id,
    decided_at: live.fromAt,
    first_seen_at: campaign.openedAt,
    until_at: live.verdictUntilAt,
    reason: campaign.reason,
    evidence: campaign.evidence,
    taxonomy: policy.taxonomy,
    sample_event_ids: campaign.sampleIds,
    inputs: campaign.inputs,
    degraded: campaign.degraded,
    baseline_rung: campaign.baselineRung,
  });
}

/** The next revisions of the verdicts on some of its signatures, each on the partition of its target. */
export function verdictsOn(campaign: OpenCampaign, of: readonly LiveSignature[], at: number): Outgoing[] {
  return of.map((live) => verdictOut(signatureVerdict(campaign, live, at)));
}
