const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value) => (value === null || value === undefined ? '–' : whole.format(value));
export const short = (value) =>
  value === null || value === undefined ? '–' : value < 10_000 ? whole.format(value) : compact.format(value);

/** Up to three significant places. */
export function figure(value) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  return new Intl.NumberFormat('en-US', {
    maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.01 || size === 0 ? 3 : 6,
  }).format(value);
}

export const percent = (share) =>
  share === null || share === undefined
    ? '–'
    : `${new Intl.NumberFormat('en-US', { maximumFractionDigits: share === 0 || share >= 0.1 ? 0 : share >= 0.001 ? 1 : 3 }).format(share * 100)} %`;

/** A stamp (epoch ms or ISO 8601) in UTC. */
export function time(stamp) {
  if (stamp === null || stamp === undefined) return '–';
  return new Date(stamp).toISOString().slice(11, 19);
}

export function moment(stamp) {
  if (stamp === null || stamp === undefined) return '–';
  const text = new Date(stamp).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** A span of milliseconds in its two largest units. */
export function span(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return '–';
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  const parts = [];
  let rest = Math.abs(ms);
  for (const [unit, size] of units) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) parts.push(`${amount} ${unit}`);
    if (parts.length === 2) break;
  }
  return parts.join(' ') || (ms === 0 ? '0 s' : '< 1 s');
}

export const shortId = (id) => id.slice(0, 12);
