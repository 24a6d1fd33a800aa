import { get } from '../api.js';
import { stackedChart } from '../chart.js';
import { badge, empty, fact, h, table } from '../dom.js';
import { count, figure, moment, percent, short, span } from '../format.js';
import { predicateChips } from '../signature.js';
import { decisionTable } from './decisions.js';

export function evidenceTable(evidence) {
  if (evidence.length === 0) return empty('No evidence recorded', '');
  return table(
    'Evidence',
    [
      { title: 'Evidence' },
      { title: 'Observed', number: true },
      { title: 'Normal (p50 / p99)', number: true },
      { title: 'Threshold', number: true },
      { title: 'Ratio', number: true },
      { title: 'Window', number: true },
      { title: 'Samples', number: true },
      { title: 'Trust' },
    ],
    evidence.map((entry) => [
      h('td', null, entry.name),
      h('td.number', null, h('strong', null, figure(entry.observed))),
      h('td.number', null, `${figure(entry.normal_p50)} / ${figure(entry.normal_p99)}`),
      h('td.number', null, figure(entry.threshold)),
      h('td.number', null, entry.ratio === null ? '–' : `${figure(entry.ratio)}×`),
      h('td.number', null, entry.window_ms === null ? '–' : span(entry.window_ms)),
      h('td.number', null, count(entry.samples)),
      h('td', null, h('span.muted', null, entry.trust ?? '')),
    ]),
  );
}

function signatureTimeline(signatures) {
  if (signatures.length === 0)
    return empty(
      'No signature',
      'No combination of attributes an edge can see separates these requests from people.',
    );
  return h(
    'ol.timeline',
    null,
    [...signatures]
      .sort((a, b) => b.version - a.version)
      .map((version) =>
        h(
          version.until_at === null ? 'li.current' : 'li',
          null,
          h(
            'div',
            null,
            h('strong', null, `Version ${version.version}`),
            ' ',
            h(
              'span.muted',
              null,
              `${moment(version.from_at)} → ${version.until_at === null ? 'now' : moment(version.until_at)}`,
            ),
          ),
          predicateChips(version.predicates, version.except_good, version.good_after),
          h(
            'div.muted',
            null,
            `selects ${percent(version.coverage)} of the excess and ${percent(version.collateral)} of good traffic (at most ${percent(version.collateral_upper)}, from ${count(version.good_sample)} good requests), lift ${figure(version.lift)}`,
          ),
        ),
      ),
  );
}

export function campaignPage(id) {
  const chart = stackedChart({
    series: [
      { key: 'rest', label: 'Other requests there', tone: 'rest' },
      { key: 'selected', label: 'Selected by its signatures', tone: 'selected' },
    ],
    height: 210,
    label: 'Requests per second that the signatures select, beside the others of the same endpoints',
  });
  const head = h('div', null);
  const rest = h('div', null);
  const chartCard = h('section.card', { 'aria-label': 'Requests over time' }, chart.element);
  return {
    title: 'Campaign',
    everyMs: 5000,
    refresh: async () => {
      const { campaign, decisions, timeline } = await get(`campaigns/${encodeURIComponent(id)}`);
      chart.update(timeline.points, timeline.step_ms);
      head.replaceChildren(
        h(
          'div.head',
          null,
          h('h1', null, campaign.title || campaign.campaign_id),
          h(
            'div',
            null,
            badge(campaign.state),
            ' ',
            badge(campaign.level),
            ' ',
            badge(campaign.applied_action),
            ' ',
            badge(campaign.mode),
          ),
        ),
        h('section.card', null, h('p.reason', null, campaign.reason)),
      );
      rest.replaceChildren(
        h('section.card', null, h('h2', null, 'Evidence'), evidenceTable(campaign.evidence)),
        h(
          'div.grid',
          null,
          h('section.card', null, h('h2', null, 'What selects it'), signatureTimeline(campaign.signatures)),
          h(
            'section.card',
            null,
            h('h2', null, 'Facts'),
            h(
              'dl.facts',
              null,
              fact('Id', h('code', null, campaign.campaign_id), ` revision ${campaign.revision}`),
              campaign.merged_into === null
                ? null
                : fact(
                    'Merged into',
                    h('a', { href: `#/campaigns/${campaign.merged_into}` }, campaign.merged_into),
                  ),
              fact('Opened', `${moment(campaign.opened_at)} UTC`),
              fact(
                'Closed',
                campaign.closed_at === null
                  ? 'open'
                  : `${moment(campaign.closed_at)} UTC, after ${span(Date.parse(campaign.closed_at) - Date.parse(campaign.opened_at))}`,
              ),
              fact(
                'Scope',
                campaign.scopes.map(({ kind, key }) =>
                  h('div', null, h('span.muted', null, `${kind} `), h('code', null, key)),
                ),
              ),
              fact(
                'Size',
                `${short(campaign.requests)} requests, ${short(campaign.excess)} above normal, ${short(campaign.clients)} clients`,
              ),
              fact(
                'Peak',
                campaign.peak_ratio === null ? '–' : `${figure(campaign.peak_ratio)} times normal`,
              ),
              fact(
                'Share',
                campaign.share === null
                  ? '–'
                  : `${percent(campaign.share)} of all requests of ${campaign.site}`,
              ),
              fact(
                'Action',
                campaign.applied_action === campaign.action
                  ? campaign.action
                  : `${campaign.applied_action} (${campaign.action} would have hit too much good traffic)`,
              ),
              fact(
                'Policy',
                h('code', null, campaign.policy_id),
                ' ',
                h('code.muted', null, campaign.policy_hash.slice(0, 12)),
              ),
              campaign.taxonomy.length === 0 ? null : fact('Taxonomy', campaign.taxonomy.join(', ')),
              campaign.baseline_rung === null ? null : fact('Baseline', campaign.baseline_rung),
              campaign.degraded.length === 0 ? null : fact('Degraded', campaign.degraded.join(', ')),
            ),
          ),
        ),
        h(
          'section.card',
          null,
          h('h2', null, `Decisions (${count(decisions.length)})`),
          decisions.length === 0
            ? empty('No decision', 'Nothing is asked of any edge because of this campaign.')
            : decisionTable(decisions, null),
        ),
      );
    },
    element: h('div', null, head, chartCard, rest),
  };
}
