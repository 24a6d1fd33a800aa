/**
 * One element. Text always becomes a text node: what is shown was written by the clients under observation.
 * @param {string} name element name with classes, for example `td.number`
 */
export function h(name, attributes, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== 'string') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  for (const child of children.flat(Number.POSITIVE_INFINITY))
    if (child !== null && child !== undefined && child !== false)
      element.append(child instanceof Node ? child : String(child));
  return element;
}

/** @param {{title: string, number?: boolean}[]} columns @param {Node[][]} rows */
export function table(caption, columns, rows) {
  return h(
    'div.scroll',
    null,
    h(
      'table',
      null,
      h('caption.hidden', null, caption),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          columns.map((column) => h(column.number ? 'th.number' : 'th', { scope: 'col' }, column.title)),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map((cells) => h('tr', null, cells)),
      ),
    ),
  );
}

export const empty = (title, text) => h('div.empty', null, h('strong', null, title), text);
export const fact = (name, ...value) => [h('dt', null, name), h('dd', null, ...value)];

const tones = {
  active: 'bad',
  observed: 'warn',
  stopped: 'warn',
  ended: '',
  merged: '',
  released: 'good',
  expired: '',
  critical: 'bad',
  high: 'bad',
  medium: 'warn',
  low: '',
  informational: '',
  info: '',
  block: 'bad',
  challenge: 'warn',
  rate_limit: 'warn',
  tag: '',
  observe: '',
  enforce: 'accent',
  simulate: '',
  applied: 'good',
  failed: 'bad',
  planned: '',
};
export const badge = (text, tone) =>
  h(`span.badge${(tone ?? tones[text]) ? `.${tone ?? tones[text]}` : ''}`, null, text);
