import type { Outgoing } from '../../../../lib/log/log.ts';
import { paneMs } from '../../layout.ts';
import { endVerdict } from '../signatures/live-signatures.ts';
import { inForce, type OpenCampaign } from '../site/campaign-state.ts';
import { effectiveAt, type ReduceSettings, type SiteState } from '../site/site-state.ts';
import { campaignRecord, publishPanes, verdictsOn } from './open-campaign.ts';
import { campaignOut } from './outputs.ts';

const stopping: ReadonlySet<string> = new Set(['rate_limit', 'challenge', 'block']);

/** Whether edges may stop it before the log: then its silence is no sign that it is over. */
export function mayBeUnseen(campaign: OpenCampaign, { config }: ReduceSettings): boolean {
  return (
    config.campaign.stopped_quiet !== undefined &&
    !campaign.simulated &&
    stopping.has(campaign.appliedAction) &&
    inForce(campaign).length > 0
  );
}

/**
 * What becomes of campaigns by silence alone, each at the moment when its time was over: an idle log comes to the same as
 * a busy one. Called before `pane` is looked at.
 *
 * One that edges may have stopped upstream of the log is called stopped, not seen, when it would have ended: its verdicts
 * are renewed before they run out, and it ends when probes have shown nothing for `stopped_quiet`.
 */
export function passQuietTime(state: SiteState, settings: ReduceSettings, pane: number): Outgoing[] {
  const { quiet, stopped_quiet: stoppedQuiet = quiet } = settings.config.campaign;
  const outputs: Outgoing[] = [];
  for (const [id, campaign] of state.campaigns) {
    const dark = campaign.lastActivePane + Math.ceil(quiet / paneMs);
    const unseen = mayBeUnseen(campaign, settings);
    const end = unseen ? Math.max(dark, campaign.lastActivePane + Math.ceil(stoppedQuiet / paneMs)) : dark;
    if (unseen) outputs.push(...renewed(campaign, settings, Math.min(pane, end)));
    if (dark < pane && end > dark && campaign.state === 'active')
      outputs.push(stopped(campaign, settings, dark, end));
    if (end >= pane) continue;
    outputs.push(...ended(campaign, effectiveAt(settings, end)));
    state.campaigns.delete(id);
  }
  return outputs;
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** It goes on for all that is known: edges stop it, and nothing shows whether anything still comes. */
function stopped(campaign: OpenCampaign, settings: ReduceSettings, pane: number, end: number): Outgoing {
  campaign.state = 'stopped';
  campaign.reason = `${campaign.reason} Stopped, not seen: edges stop it, and no request that it selects came since ${clock((campaign.lastActivePane + 1) * paneMs)} UTC. It ends at ${clock(end * paneMs)} UTC unless a probe shows one.`;
  return campaignOut(campaignRecord(campaign, effectiveAt(settings, pane)));
}

/** Verdicts of which half is used up before a pane, since the campaign was last seen. */
function renewed(campaign: OpenCampaign, settings: ReduceSettings, before: number): Outgoing[] {
  const { ttl } = campaign.policy.document.action;
  const outputs: Outgoing[] = [];
  for (const live of inForce(campaign)) {
    for (;;) {
      const half = live.verdictUntilAt - ttl / 2 - settings.config.lateness;
      const due = Math.max(campaign.lastActivePane + publishPanes + 1, Math.ceil(half / paneMs) - 1);
      if (due >= before) break;
      const at = effectiveAt(settings, due);
      live.verdictUntilAt = at + ttl;
      outputs.push(...verdictsOn(campaign, [live], at));
    }
  }
  return outputs;
}

/**
 * Signatures that select honest requests too, be it few, end with the campaign: without an attack they stop nobody else.
 * Those that no honest request was ever seen to meet run until their time is up; `all`: they end too.
 */
export function ended(campaign: OpenCampaign, at: number, all = false): Outgoing[] {
  campaign.state = 'ended';
  // those too that hold on only until edges have what came in their stead
  const lost = campaign.signatures.filter((live) => {
    live.untilAt ??= at;
    return (all || live.signature.except_good || live.collateral > 0) && endVerdict(live, at);
  });
  const verdicts = verdictsOn(campaign, lost, at);
  // what was none stops nothing: match lets go of whom it listed (match/taken-back.ts)
  if (all) campaign.appliedAction = 'observe';
  return [...verdicts, campaignOut(campaignRecord(campaign, at))];
}
