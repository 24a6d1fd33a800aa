/** ClickHouse writes `2026-11-18 02:14:11.000`; the API writes `2026-11-18T02:14:11.000Z`. */
export function isoStamp(text: string): string {
  return `${text.replace(' ', 'T')}Z`;
}

const stampField = /(^|_)at$|^timestamp$|^effective_from$|^first_seen$|^last_seen$/;
const stampText = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/;

/** Rewrites the stamps of a row, nested records included: texts as ClickHouse writes them, and epoch ms as records have them. */
export function withIsoStamps<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withIsoStamps) as T;
  if (value === null || typeof value !== 'object') return value;
  const copy: { [field: string]: unknown } = {};
  for (const [field, content] of Object.entries(value))
    copy[field] =
      typeof content === 'string'
        ? stampField.test(field) && stampText.test(content)
          ? isoStamp(content)
          : content
        : typeof content === 'number' && stampField.test(field)
          ? new Date(content).toISOString()
          : withIsoStamps(content);
  return copy as T;
}

/** A moment as a ClickHouse DateTime64(3, 'UTC') parameter. */
export function stampParam(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}
