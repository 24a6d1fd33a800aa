import { get } from '../api.js';
import { badge, empty, h, table } from '../dom.js';
import { count, figure, moment, percent, short, span } from '../format.js';

export function campaignTable(campaigns) {
  return table(
    'Campaigns',
    [
      { title: 'Campaign' },
      { title: 'State' },
      { title: 'Opened' },
      { title: 'Requests', number: true },
      { title: 'Excess', number: true },
      { title: 'Peak', number: true },
      { title: 'Clients', number: true },
      { title: 'Action' },
    ],
    campaigns.map((campaign) => [
      h(
        'td',
        null,
        h('a', { href: `#/campaigns/${campaign.campaign_id}` }, campaign.title || campaign.campaign_id),
        h(
          'small',
          null,
          campaign.scopes
            .map(({ key }) => key)
            .slice(0, 3)
            .join(', '),
        ),
      ),
      h('td.nowrap', null, badge(campaign.state), ' ', badge(campaign.level)),
      h(
        'td.nowrap',
        null,
        moment(campaign.opened_at),
        h(
          'small',
          null,
          campaign.closed_at === null
            ? 'open'
            : `for ${span(Date.parse(campaign.closed_at) - Date.parse(campaign.opened_at))}`,
        ),
      ),
      h(
        'td.number',
        null,
        short(campaign.requests),
        h('small', null, campaign.share === null ? '' : `${percent(campaign.share)} of all`),
      ),
      h('td.number', null, short(campaign.excess)),
      h('td.number', null, campaign.peak_ratio === null ? '–' : `${figure(campaign.peak_ratio)}×`),
      h('td.number', null, short(campaign.clients)),
      h(
        'td.nowrap',
        null,
        badge(campaign.applied_action),
        campaign.mode === 'enforce' ? null : h('small', null, campaign.mode),
      ),
    ]),
  );
}

export function campaignsPage() {
  const list = h('div', null);
  const lead = h('p.lead', null, ' ');
  return {
    title: 'Campaigns',
    everyMs: 5000,
    refresh: async () => {
      const { campaigns } = await get('campaigns?limit=200');
      lead.textContent = `${count(campaigns.length)} found${campaigns.length === 200 ? ' (the newest 200)' : ''}. A campaign is one coordinated wave of abuse: what it did, whom it hit, and what selects it.`;
      list.replaceChildren(
        campaigns.length === 0
          ? empty('No campaign yet', 'Baselines come first: while they are being learned, nothing opens.')
          : campaignTable(campaigns),
      );
    },
    element: h(
      'div',
      null,
      h('h1', null, 'Campaigns'),
      lead,
      h('section.card', { 'aria-label': 'Campaigns' }, list),
    ),
  };
}
