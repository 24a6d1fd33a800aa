/** Milliseconds as Go prints a duration: `3h59m59.9s`, `-1.5s`, `0s`. CrowdSec accepts h, m and s, but no days. */
export function goDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  let rest = Math.abs(Math.round(ms));
  const hours = Math.floor(rest / 3_600_000);
  rest -= hours * 3_600_000;
  const minutes = Math.floor(rest / 60_000);
  const seconds = (rest - minutes * 60_000) / 1000;
  const text = `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
  return sign + text;
}

const goUnits: { readonly [unit: string]: number } = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  µs: 1e-3,
  us: 1e-3,
  ns: 1e-6,
};

/** Milliseconds of a Go duration (`3h59m59.872810844s`); null when it is none. */
export function parseGoDuration(text: string): number | null {
  if (!/^-?(\d+(\.\d+)?(h|ms|m|µs|us|ns|s))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(h|ms|m|µs|us|ns|s)/g))
    total += Number(amount) * goUnits[unit!]!;
  return text.startsWith('-') ? -total : total;
}
