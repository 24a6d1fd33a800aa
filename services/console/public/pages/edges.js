import { get } from '../api.js';
import { badge, empty, fact, h, table } from '../dom.js';
import { count, moment } from '../format.js';

const known = (value) => (value === null ? '–' : count(value));

function edgeCard(edge) {
  const used = edge.observed ?? edge.desired;
  return h(
    'section.card',
    null,
    h(
      'h2',
      null,
      edge.edge,
      ' ',
      edge.armed === null ? null : edge.armed ? badge('armed', 'accent') : badge('dry run'),
      ' ',
      edge.circuit_open ? badge('calls suspended', 'bad') : null,
    ),
    h(
      'dl.facts',
      null,
      fact('Wanted', `${known(edge.desired)} entries`),
      fact(
        'At the edge',
        `${known(edge.observed)} entries`,
        edge.foreign ? h('span.muted', null, `, ${count(edge.foreign)} not ours`) : null,
      ),
      fact(
        'Drift',
        edge.drift === null
          ? '–'
          : edge.drift === 0
            ? badge('none', 'good')
            : badge(count(edge.drift), 'warn'),
      ),
      fact(
        'Capacity',
        edge.capacity === null
          ? '–'
          : [
              h('progress.meter', {
                max: String(edge.capacity),
                value: String(used ?? 0),
                'aria-label': 'used',
              }),
              h('span.muted', null, `${known(used)} of ${count(edge.capacity)}`),
            ],
      ),
      fact('In step at', edge.last_success_at === null ? '–' : `${moment(edge.last_success_at)} UTC`),
    ),
  );
}

export function edgesPage() {
  const cards = h('div.grid', null);
  const log = h('div', null);
  return {
    title: 'Edges',
    everyMs: 4000,
    refresh: async () => {
      const { edges, actions } = await get('edges');
      cards.replaceChildren(
        ...(edges.length === 0
          ? [
              h(
                'section.card',
                null,
                empty(
                  'No edge in this process',
                  'Edges are configured under actuator.edges; each starts in dry run until it is armed.',
                ),
              ),
            ]
          : edges.map(edgeCard)),
      );
      log.replaceChildren(
        actions.length === 0
          ? empty(
              'No change yet',
              'Every entry added or removed at an edge is listed here, dry runs included.',
            )
          : table(
              'Changes at edges',
              [
                { title: 'At' },
                { title: 'Edge' },
                { title: 'Change' },
                { title: 'Target' },
                { title: 'Result' },
                { title: 'Why' },
              ],
              actions.map((entry) => [
                h('td.nowrap', null, moment(entry.at)),
                h('td', null, entry.edge, h('small', null, entry.edge_kind)),
                h('td.nowrap', null, entry.operation),
                h(
                  'td',
                  null,
                  h('div.target.mono', null, entry.target_value),
                  h('small', null, entry.target_kind),
                ),
                h(
                  'td.nowrap',
                  null,
                  badge(entry.result),
                  entry.dry_run ? h('small', null, 'dry run') : null,
                  entry.error === null ? null : h('small', null, entry.error),
                ),
                h('td', null, entry.reason, h('small', null, entry.who)),
              ]),
            ),
      );
    },
    element: h(
      'div',
      null,
      h('h1', null, 'Edges'),
      h('p.lead', null, 'What is wanted, what is there, and every change made to close the difference.'),
      cards,
      h('section.card', null, h('h2', null, 'Latest changes'), log),
    ),
  };
}
