import { get } from '../api.js';
import { choiceButtons } from '../choices.js';
import { badge, empty, h, table } from '../dom.js';
import { count, moment, short } from '../format.js';

const choices = [
  ['', 'All'],
  ['shadow', 'Undocumented'],
  ['zombie', 'Should be gone'],
  ['documented', 'Documented'],
  ['unused', 'Never called'],
];
const tones = { shadow: 'warn', zombie: 'warn', documented: 'good' };
const words = { shadow: 'undocumented', zombie: 'should be gone', unknown: 'no document' };
const audiences = { partner: 'for partners', third_party: 'for third parties' };

function endpointTable(endpoints) {
  return table(
    'Endpoints',
    [
      { title: 'Endpoint' },
      { title: 'Status' },
      { title: 'For' },
      { title: 'Called by' },
      { title: 'First seen' },
      { title: 'Requests', number: true },
      { title: 'Clients', number: true },
      { title: 'Does the same' },
    ],
    endpoints.map((endpoint) => [
      h(
        'td',
        null,
        h('div.target.mono', null, endpoint.endpoint),
        h('small', null, endpoint.host === '' ? 'any host' : endpoint.host),
      ),
      h('td.nowrap', null, badge(words[endpoint.status] ?? endpoint.status, tones[endpoint.status])),
      h('td.nowrap', null, endpoint.function),
      h(
        'td.nowrap',
        null,
        endpoint.client_class === 'unknown' ? '–' : endpoint.client_class,
        audiences[endpoint.audience] ? h('small', null, audiences[endpoint.audience]) : null,
      ),
      h('td.nowrap', null, endpoint.first_seen_at === null ? '–' : moment(endpoint.first_seen_at)),
      h('td.number', null, short(endpoint.requests)),
      h('td.number', null, short(endpoint.clients)),
      h(
        'td',
        null,
        endpoint.analogues.map((analogue) => h('small.mono', null, analogue)),
      ),
    ]),
  );
}

function noticeTable(notices) {
  return table(
    'Notices',
    [{ title: 'At' }, { title: 'Level' }, { title: 'What' }],
    notices.map((notice) => [
      h('td.nowrap', null, moment(notice.at)),
      h('td.nowrap', null, badge(notice.level)),
      h('td', null, notice.reason),
    ]),
  );
}

let status = '';

export function endpointsPage() {
  const list = h('div', null);
  const notices = h('div', null);
  const lead = h('p.lead', null, ' ');
  const buttons = choiceButtons('Which', choices, status, (value) => {
    status = value;
    void refresh().catch(() => {});
  });
  async function refresh() {
    const { counts, endpoints, notices: said } = await get(`endpoints?status=${status}&limit=500`);
    const of = (name) => counts[name] ?? 0;
    const all = Object.values(counts).reduce((sum, value) => sum + value, 0);
    const documents = all > of('unknown');
    lead.textContent = documents
      ? `${count(all - of('unused'))} are called: ${count(of('shadow'))} undocumented, ${count(of('zombie'))} that should be gone. Documented and never called: ${count(of('unused'))}.`
      : `${count(all)} are called. No OpenAPI document is configured (enricher.openapi), so none is known to be undocumented.`;
    list.replaceChildren(
      endpoints.length === 0
        ? empty(
            'No such endpoint',
            'A path is an endpoint once it has answered several clients with success.',
          )
        : endpointTable(endpoints),
    );
    notices.replaceChildren(
      said.length === 0
        ? empty(
            'Nothing to look at',
            'An undocumented endpoint is said here when it answers for the first time.',
          )
        : noticeTable(said),
    );
  }
  return {
    title: 'Endpoints',
    everyMs: 10000,
    refresh,
    element: h(
      'div',
      null,
      h('div.head', null, h('div', null, h('h1', null, 'Endpoints'), lead), buttons),
      h('section.card', { 'aria-label': 'Endpoints' }, list),
      h('section.card', null, h('h2', null, 'Notices'), notices),
    ),
  };
}
