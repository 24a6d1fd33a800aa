import { h } from './dom.js';

const operators = { in: 'is', not_in: 'is not', lte: '≤', gte: '≥', absent: 'absent', present: 'present' };

/** A signature in words, one chip a condition, and whom it spares. */
export function predicateChips(predicates, exceptGood, goodAfter) {
  const chips = predicates.map(({ attribute, op, values }) => {
    const shown = values.slice(0, 4).join(', ') + (values.length > 4 ? ` and ${values.length - 4} more` : '');
    return h(
      'span.chip',
      null,
      h('span.muted', null, `${attribute.replaceAll('_', ' ')} ${operators[op] ?? op} `),
      h('code', null, shown),
    );
  });
  if (exceptGood) chips.push(h('span.chip', null, 'except clients known to be good'));
  else if (goodAfter.length > 0)
    chips.push(h('span.chip', null, 'spares clients known to be good, where the edge knows them'));
  return h('div.chips', null, chips);
}
