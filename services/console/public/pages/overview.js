import { get } from '../api.js';
import { stackedChart } from '../chart.js';
import { choiceButtons } from '../choices.js';
import { showClock } from '../clock.js';
import { badge, empty, fact, h } from '../dom.js';
import { count, moment, percent, short, time } from '../format.js';
import { campaignTable } from './campaigns.js';

const ranges = [
  [15, '15 min'],
  [60, '1 h'],
  [360, '6 h'],
  [1440, '24 h'],
  [10_080, '7 d'],
];
let minutes = 60;

const series = [
  { key: 'success', label: 'Success', tone: 'success' },
  { key: 'unknown', label: 'Unknown outcome', tone: 'unknown' },
  { key: 'failure', label: 'Failure', tone: 'failure' },
  { key: 'selected', label: 'Selected, let through', tone: 'selected' },
  { key: 'stopped', label: 'Stopped at the edge', tone: 'stopped' },
];

export function overviewPage() {
  const chart = stackedChart({ series, height: 300, label: 'Requests per second by outcome' });
  const chartBox = h('div', null, chart.element);
  const nothing = empty(
    'No traffic yet',
    'Requests appear here seconds after the collector accepts them: post events to /v1/events, read a log file, or run the demo.',
  );
  nothing.hidden = true;
  const tiles = h('dl.tiles', null);
  const campaigns = h('div', null);
  const pipeline = h('div', null);
  const summary = h('p.lead', null, ' ');
  const buttons = choiceButtons('Range', ranges, minutes, (value) => {
    minutes = value;
    void refresh().catch(() => {});
  });

  async function refresh() {
    const [traffic, list, decisions, state] = await Promise.all([
      get(`traffic?minutes=${minutes}`),
      get('campaigns?limit=6'),
      get('decisions?limit=1'),
      get('pipeline'),
    ]);
    showClock(traffic.clock_at, traffic.live);
    const { totals } = traffic;
    const all = series.reduce((sum, { key }) => sum + totals[key], 0);
    nothing.hidden = all > 0;
    chartBox.hidden = all === 0;
    // The step that has not ended yet would look like a drop.
    const ended = traffic.points.filter(({ at }) => at + traffic.step_ms <= traffic.clock_at + 1);
    if (all > 0) chart.update(ended.length > 1 ? ended : traffic.points, traffic.step_ms);
    const open = list.campaigns.filter(({ closed_at: closed }) => closed === null);
    summary.textContent =
      all === 0
        ? 'Waiting for the first request.'
        : `${moment(traffic.from)} to ${time(traffic.until)} UTC, in steps of ${traffic.step_ms / 1000} s.`;
    tiles.replaceChildren(
      tile(
        'Requests',
        short(all),
        all === 0 ? '' : `${short((all * 1000) / (traffic.until - traffic.from))} a second on average`,
      ),
      tile(
        'Failed',
        percent(all === 0 ? null : totals.failure / all),
        `${count(totals.failure)} requests let through`,
      ),
      tile(
        'Stopped at the edge',
        percent(all === 0 ? null : totals.stopped / all),
        `${count(totals.stopped)} requests`,
      ),
      tile(
        'Selected, let through',
        percent(all === 0 ? null : totals.selected / all),
        'dry run, simulated, or before the edge knew',
      ),
      tile(
        'Open campaigns',
        count(open.length),
        open.length === 0
          ? 'none'
          : open
              .map(({ title }) => title)
              .slice(0, 2)
              .join(', '),
      ),
      tile('Decisions in force', count(decisions.total), ''),
    );
    campaigns.replaceChildren(
      list.campaigns.length === 0
        ? empty(
            'No campaign found',
            'A campaign opens when an endpoint, partner or country leaves its own baseline.',
          )
        : campaignTable(list.campaigns),
    );
    pipeline.replaceChildren(pipelineFacts(state));
  }
  return {
    title: 'Overview',
    everyMs: 3000,
    refresh,
    element: h(
      'div',
      null,
      h('div.head', null, h('div', null, h('h1', null, 'Traffic by outcome'), summary), buttons),
      h('section.card', { 'aria-label': 'Traffic' }, chartBox, nothing),
      tiles,
      h('section.card', null, h('h2', null, 'Campaigns'), campaigns),
      h('section.card', null, h('h2', null, 'Pipeline'), pipeline),
    ),
  };
}

function tile(name, value, note) {
  return h('div.tile', null, h('dt', null, name), h('dd', null, value), h('small', null, note));
}

function pipelineFacts({ lag, dead_letters: letters }) {
  const behind = lag.filter(({ records }) => records > 0);
  return h(
    'dl.facts',
    null,
    fact(
      'Lag',
      lag.length === 0
        ? h('span.muted', null, 'not known in this process')
        : behind.length === 0
          ? badge('none', 'good')
          : h(
              'div.chips',
              null,
              behind
                .slice(0, 8)
                .map(({ group, topic, records }) =>
                  h('span.chip', null, `${group.replace('tidegate.', '')} ← ${topic}: ${count(records)}`),
                ),
            ),
    ),
    fact(
      'Dead letters',
      letters.length === 0
        ? badge('none', 'good')
        : h(
            'div',
            null,
            letters
              .slice(0, 6)
              .map(({ step, reason, letters: amount, example }) =>
                h(
                  'div',
                  null,
                  badge(`${count(amount)} ${reason}`, 'warn'),
                  ' ',
                  h('span.muted', null, `${step}: ${example}`),
                ),
              ),
          ),
    ),
  );
}
