import { h } from '../dom.js';

export function explainPage(reference) {
  const text = h('pre.text', null, 'looking …');
  return {
    title: `Explain ${reference}`,
    refresh: async () => {
      const response = await fetch(`/api/v1/explain/${encodeURIComponent(reference)}?format=text`);
      text.textContent = response.ok
        ? await response.text()
        : ((await response.json()).detail ?? `HTTP ${response.status}`);
    },
    element: h(
      'div',
      null,
      h('h1', null, reference),
      h('p.lead', null, 'The same answer on a terminal: ', h('code', null, `tidegate explain ${reference}`)),
      h('section.card', null, text),
    ),
  };
}
