import type { Campaign, EndpointNotice } from '../../../lib/contracts/generated.ts';
import type { EdgeStatus } from '../edge-status.ts';
import type { Notice } from './notice.ts';

const isOpen = (campaign: Campaign): boolean =>
  campaign.closed_at === null && campaign.merged_into === null && campaign.state !== 'closed';

/** A campaign that opened or ended; null: neither. A surge that nobody acts on is not news. */
export function campaignNotice(campaign: Campaign, before: Campaign | null): Notice | null {
  const wasOpen = before !== null && isOpen(before);
  if (isOpen(campaign) === wasOpen) return null;
  const endedAt = isOpen(campaign) ? null : (campaign.closed_at ?? campaign.updated_at);
  // What was over before it was ever told of is no news either.
  if (endedAt !== null && before === null) return null;
  return {
    kind: 'campaign',
    key: campaign.campaign_id,
    status: endedAt === null ? 'firing' : 'resolved',
    level: campaign.level,
    site: campaign.site,
    title: campaign.title,
    detail:
      endedAt === null
        ? campaign.reason
        : `${campaign.requests} requests by about ${Math.round(campaign.clients)} clients.`,
    startedAt: campaign.opened_at,
    endedAt,
  };
}

export function endpointNotice(notice: EndpointNotice): Notice {
  return {
    kind: 'endpoint',
    key: notice.notice_id,
    status: 'firing',
    level: notice.level,
    site: notice.site,
    title:
      notice.kind === 'undocumented'
        ? 'Undocumented endpoint seen for the first time'
        : `Endpoint: ${notice.kind}`,
    detail: notice.reason,
    startedAt: notice.at,
    endedAt: null,
  };
}

/** Calls in a row that must fail before somebody is told: a single one is repaired by the next. */
const failuresToTell = 3;

/** Follows the edges and says what became worse or better. */
export function createEdgeWatch(): (statuses: readonly EdgeStatus[], at: number) => readonly Notice[] {
  const told = new Map<string, Notice>();
  return (statuses, at) => {
    const notices: Notice[] = [];
    for (const status of statuses) {
      const trouble = troubleOf(status);
      const before = told.get(status.name);
      if (before !== undefined && before.title !== (trouble === null ? null : titleOf(status, trouble))) {
        told.delete(status.name);
        notices.push({ ...before, status: 'resolved', endedAt: at });
      }
      if (trouble === null || told.has(status.name)) continue;
      const notice: Notice = {
        kind: trouble.kind,
        key: `${trouble.kind} ${status.name}`,
        status: 'firing',
        level: trouble.level,
        site: null,
        title: titleOf(status, trouble),
        detail: status.detail ?? trouble.what,
        startedAt: at,
        endedAt: null,
      };
      told.set(status.name, notice);
      notices.push(notice);
    }
    return notices;
  };
}

const titleOf = (status: EdgeStatus, trouble: Trouble): string => `Edge ${status.name}: ${trouble.what}`;

interface Trouble {
  readonly kind: 'edge' | 'guard';
  readonly level: string;
  readonly what: string;
}

function troubleOf(status: EdgeStatus): Trouble | null {
  const { state } = status;
  if (state === 'held' || state === 'waiting' || state === 'refused')
    return { kind: 'guard', level: 'high', what: state };
  if (status.consecutiveFailures >= failuresToTell) return { kind: 'edge', level: 'high', what: state };
  return status.blind ? { kind: 'edge', level: 'low', what: 'blind: nothing says what it stops' } : null;
}
