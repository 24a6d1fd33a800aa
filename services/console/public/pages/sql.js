import { post } from '../api.js';
import { empty, h, table } from '../dom.js';
import { count } from '../format.js';

let last =
  "SELECT endpoint, count() AS requests, round(countIf(outcome = 'failure') / count(), 3) AS failure_ratio\nFROM requests\nGROUP BY endpoint\nORDER BY requests DESC\nLIMIT 20";

const cell = (value) =>
  value === null ? 'NULL' : typeof value === 'object' ? JSON.stringify(value) : String(value);

export function sqlPage() {
  const text = h('textarea', { id: 'sql', spellcheck: 'false', 'aria-label': 'Query' });
  text.value = last;
  const status = h('span.muted', { role: 'status' }, 'Ctrl+Enter runs it');
  const result = h('div', null);
  const run = async () => {
    last = text.value;
    status.textContent = 'running …';
    try {
      const { columns, rows, truncated, elapsed_ms: elapsed } = await post('sql', { sql: last });
      status.textContent = `${count(rows.length)} rows${truncated ? ' (cut at the limit)' : ''}, ${count(elapsed)} ms`;
      result.replaceChildren(
        rows.length === 0
          ? empty('No rows', '')
          : table(
              'Result',
              columns.map(({ name, type }) => ({
                title: name,
                number: /Int|Float|Decimal/.test(type) && !/Array|Map|Tuple/.test(type),
              })),
              rows
                .slice(0, 500)
                .map((row) =>
                  columns.map(({ name, type }) =>
                    h(
                      /Int|Float|Decimal/.test(type) && !/Array|Map|Tuple/.test(type) ? 'td.number' : 'td',
                      null,
                      cell(row[name]),
                    ),
                  ),
                ),
            ),
        rows.length > 500 ? h('p.muted', null, 'The first 500 rows are shown. tidegate sql gives all.') : '',
      );
    } catch (error) {
      status.textContent = 'failed';
      result.replaceChildren(h('pre.text', null, error.message));
    }
  };
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void run();
  });
  return {
    title: 'SQL',
    element: h(
      'div',
      null,
      h('h1', null, 'SQL'),
      h(
        'p.lead',
        null,
        'Read-only. Tables: requests, verdicts, campaigns, decisions, edge_actions, commands, dead_letters, traffic_minutes.',
      ),
      h(
        'section.card',
        null,
        text,
        h('div.row', null, h('button.primary', { type: 'button', onclick: run }, 'Run'), status),
      ),
      h('section.card', { 'aria-label': 'Result' }, result),
    ),
  };
}
