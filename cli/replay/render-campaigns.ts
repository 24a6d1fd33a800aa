import { count, styled, type Terminal, tableOrBlocks } from '../terminal.ts';
import { type Crowd, type Findings, scopesText } from './crowds.ts';
import { campaignLasted, lasted, moment, times, wouldStop } from './figures.ts';
import type { CampaignSummary } from './summary.ts';

/** What the figures of a campaign are, where one would take them for something else. */
export const campaignLegend: readonly (readonly [column: string, meaning: string])[] = [
  ['Peak', 'the highest rate there, in times of what is usual'],
  ['Requests', 'those there that a signature of it selects; all, where it is only watched'],
  ['Clients/min', 'the most addresses there in one minute'],
  ['Would stop', 'requests after the warm-up and the delay of the edge, wherever its tool goes'],
];

const legend = campaignLegend.map(([column, meaning]) => `${column.toUpperCase()}: ${meaning}`).join(' · ');

/** Campaigns, then crowds. */
export function renderCampaigns(terminal: Terminal, { campaigns, crowds }: Findings): string[] {
  const watched = crowdLines(terminal, crowds);
  const lines = [` ${styled(terminal, 'bold', `CAMPAIGNS  ${campaigns.length}`)}`];
  if (campaigns.length === 0)
    return [
      ...lines,
      ` none: ${crowds.length > 0 ? 'nothing but crowds' : 'no endpoint left its normal course in a way a policy speaks of'}`,
      '',
      ...watched,
    ];
  const text = tableOrBlocks<CampaignSummary>(
    [
      { title: 'ID', value: (row) => row.campaign_id.slice(0, 12) },
      { title: 'START (UTC)', value: (row) => moment(row.opened_at) },
      { title: 'LASTED', align: 'right', value: campaignLasted },
      { title: 'SCOPE', value: (row) => row.scope.slice(0, 44) },
      { title: 'WHAT', value: (row) => row.title.replace(`: ${row.scope}`, '').slice(0, 50) },
      { title: 'LEVEL', value: (row) => row.level },
      { title: 'PEAK', align: 'right', value: (row) => times(row.peak_ratio) },
      { title: 'REQUESTS', align: 'right', value: (row) => count(row.requests) },
      { title: 'CLIENTS/MIN', align: 'right', value: (row) => count(row.clients) },
      { title: 'WOULD STOP', align: 'right', value: wouldStop },
    ],
    campaigns,
    terminal.columns - 1,
  );
  return [...lines, ...text.map((line) => ` ${line}`), ` ${styled(terminal, 'dim', legend)}`, '', ...watched];
}

function crowdLines(terminal: Terminal, crowds: readonly Crowd[]): string[] {
  if (crowds.length === 0) return [];
  const lines = crowds.map(
    (crowd) =>
      `   ${moment(crowd.from)}  ${lasted(crowd.until - crowd.from).padStart(6)}  ${times(crowd.peak_ratio)} at most, ${count(crowd.requests)} requests: ${scopesText(crowd)}`,
  );
  return [
    ` ${styled(terminal, 'bold', `CROWDS  ${crowds.length}`)}   far above normal while visitors behave as always: shown, never stopped`,
    ...lines,
    '',
  ];
}
