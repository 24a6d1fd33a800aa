import type { CampaignSummary } from './summary.ts';

/** Surges that were only watched and went on at the same time: one sale, not seven endpoints. */
export interface Crowd {
  readonly from: number;
  readonly until: number;
  readonly requests: number;
  readonly peak_ratio: number | null;
  /** The largest first. */
  readonly scopes: readonly string[];
}

/** A surge that is watched only: people, as far as anybody can tell. */
export const isSurge = ({
  kind,
  applied_action: action,
  level,
}: Pick<CampaignSummary, 'kind' | 'applied_action' | 'level'>): boolean =>
  kind === 'surge' && action === 'observe' && level === 'informational';
/** When it ended, or was last seen. */
export const endOf = ({ closed_at, last_at }: CampaignSummary): number => closed_at ?? last_at;

/** Campaigns for people to look at, and beside them the crowds that were seen; both in order of time. */
export interface Findings {
  readonly campaigns: readonly CampaignSummary[];
  readonly crowds: readonly Crowd[];
}

export function splitCrowds(all: readonly CampaignSummary[]): Findings {
  const groups: { until: number; readonly surges: CampaignSummary[] }[] = [];
  for (const surge of all.filter(isSurge).sort((a, b) => a.opened_at - b.opened_at)) {
    const last = groups.at(-1);
    if (last !== undefined && surge.opened_at <= last.until) {
      last.surges.push(surge);
      last.until = Math.max(last.until, endOf(surge));
    } else groups.push({ until: endOf(surge), surges: [surge] });
  }
  return {
    campaigns: all.filter((campaign) => !isSurge(campaign)),
    crowds: groups.map(({ until, surges }) => {
      const ratios = surges.flatMap(({ peak_ratio }) => peak_ratio ?? []);
      return {
        from: surges[0]!.opened_at,
        until,
        requests: surges.reduce((sum, { requests }) => sum + requests, 0),
        peak_ratio: ratios.length === 0 ? null : Math.max(...ratios),
        scopes: [...surges].sort((a, b) => b.requests - a.requests).map(({ scope }) => scope),
      };
    }),
  };
}

const named = 3;

/** Endpoints of a crowd as far as they fit a line. */
export function scopesText({ scopes }: Crowd): string {
  const more = scopes.length - named;
  return `${scopes.slice(0, named).join(', ')}${more > 0 ? `, … (${more} more)` : ''}`;
}
