import { count } from '../terminal.ts';
import { endOf } from './crowds.ts';
import type { CampaignSummary } from './summary.ts';

export const stamp = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: 'UTC' });
export const moment = (at: number) => `${weekday.format(at)} ${new Date(at).toISOString().slice(11, 19)}`;

/** `3 h 12`, `41 m`, `12 s`: as long as a person wants it. */
export function lasted(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${String(minutes % 60).padStart(2, '0')}` : `${Math.floor(hours / 24)} d`;
}

/** `12x`, `4.5x`. */
export const times = (ratio: number | null): string =>
  ratio === null ? '–' : `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}x`;

/** `41 m`, or `41 m+` when it was still going on at the end of the input. */
export const campaignLasted = (campaign: CampaignSummary): string =>
  lasted(endOf(campaign) - campaign.opened_at) + (campaign.closed_at === null ? '+' : '');

/** Requests that it would have stopped; `simulated`: its policy is not to stop any. */
export const wouldStop = ({ stopped, mode }: CampaignSummary): string =>
  stopped > 0 ? count(stopped) : mode === 'simulate' ? 'simulated' : 'nothing';

export const money = (amount: number, currency: string) =>
  `${currency}${amount >= 100 ? count(amount) : amount.toFixed(2)}`;

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${rest >= 100 || unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}
