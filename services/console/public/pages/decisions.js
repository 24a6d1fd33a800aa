import { get, post } from '../api.js';
import { choiceButtons } from '../choices.js';
import { badge, empty, h, table } from '../dom.js';
import { count, moment, short, shortId, span } from '../format.js';
import { predicateChips } from '../signature.js';

/** `release` null: no button. */
export function decisionTable(decisions, release, clockAt = null) {
  return table(
    'Decisions',
    [
      { title: 'Target' },
      { title: 'Action' },
      { title: 'Why' },
      { title: 'Since' },
      { title: 'Until' },
      { title: 'Requests', number: true },
      ...(release === null ? [] : [{ title: '' }]),
    ],
    decisions.map((decision) => [
      h(
        'td',
        null,
        decision.target_kind === 'signature'
          ? predicateChips(
              decision.target_predicates,
              decision.target_except_good,
              decision.target_good_after,
            )
          : h('div.target.mono', null, decision.target_value),
        h(
          'small',
          null,
          decision.target_kind,
          ' · ',
          h('a', { href: `#/explain/${decision.decision_id}` }, shortId(decision.decision_id)),
        ),
      ),
      h(
        'td.nowrap',
        null,
        badge(decision.action),
        h(
          'small',
          null,
          decision.mode === 'enforce' ? decision.state : `${decision.state}, ${decision.mode}`,
        ),
      ),
      h(
        'td',
        null,
        decision.reason,
        decision.times > 1 ? h('small', null, `decided ${decision.times} times`) : null,
      ),
      h('td.nowrap', null, moment(decision.decided_at)),
      h(
        'td.nowrap',
        null,
        moment(decision.expires_at),
        clockAt === null ? null : h('small', null, `in ${span(Date.parse(decision.expires_at) - clockAt)}`),
      ),
      h('td.number', null, short(decision.requests)),
      ...(release === null
        ? []
        : [h('td', null, h('button', { type: 'button', onclick: () => release(decision) }, 'Release'))]),
    ]),
  );
}

let token = '';

function releaseDialog() {
  const target = h('p.mono', null, '');
  const reason = h('input', {
    required: true,
    minlength: '3',
    name: 'reason',
    placeholder: 'for example: customer called, ticket 4711',
  });
  const key = h('input', { required: true, type: 'password', name: 'token', autocomplete: 'off' });
  const answer = h('p', { role: 'status' }, '');
  let decision = null;
  const dialog = h(
    'dialog',
    { 'aria-label': 'Release a decision' },
    h(
      'form',
      {
        onsubmit: async (event) => {
          event.preventDefault();
          token = key.value;
          try {
            const { command_id: id } = await post(
              'commands',
              { kind: 'release', decision_id: decision.decision_id, reason: reason.value },
              token,
            );
            answer.textContent = `Asked for (${id}). Edges follow within seconds.`;
            setTimeout(() => dialog.close(), 1500);
          } catch (error) {
            if (error.status === 401) token = '';
            answer.textContent = error.message;
          }
        },
      },
      h('h2', null, 'Release this decision?'),
      target,
      h('label', null, 'Why (kept in the audit)', reason),
      h('label', null, 'Token (console.token)', key),
      answer,
      h(
        'div.row',
        null,
        h('button.primary', null, 'Release'),
        h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      ),
    ),
  );
  return {
    dialog,
    open: (chosen) => {
      decision = chosen;
      target.textContent = `${chosen.action} ${chosen.target_kind} ${chosen.target_value}`;
      answer.textContent = '';
      key.value = token;
      dialog.showModal();
    },
  };
}

let state = 'current';

export function decisionsPage(_, about) {
  const list = h('div', null);
  const lead = h('p.lead', null, ' ');
  const release = releaseDialog();
  const choices = [
    ['current', 'In force'],
    ['all', 'All'],
  ];
  const buttons = choiceButtons('Which', choices, state, (value) => {
    state = value;
    void refresh().catch(() => {});
  });
  async function refresh() {
    const { total, decisions, clock_at: clockAt } = await get(`decisions?state=${state}&limit=500`);
    lead.textContent = `${count(total)} ${state === 'current' ? 'in force' : 'decided'}${decisions.length < total ? `; the ${decisions.length} that select most are shown` : ''}. What is wanted at the edges, why, and until when.${about.may_command ? '' : ' Read-only: no console.token is configured.'}`;
    // A table under the pointer must not be rebuilt while a button has the focus.
    if (list.contains(document.activeElement) || release.dialog.open) return;
    list.replaceChildren(
      decisions.length === 0
        ? empty(
            state === 'current' ? 'Nothing is stopped' : 'No decision yet',
            'Decisions follow from verdicts and campaigns; each ends by itself.',
          )
        : decisionTable(
            decisions,
            about.may_command && state === 'current' ? release.open : null,
            state === 'current' ? clockAt : null,
          ),
    );
  }
  return {
    title: 'Decisions',
    everyMs: 4000,
    refresh,
    element: h(
      'div',
      null,
      h('div.head', null, h('div', null, h('h1', null, 'Decisions'), lead), buttons),
      h('section.card', { 'aria-label': 'Decisions' }, list),
      release.dialog,
    ),
  };
}
