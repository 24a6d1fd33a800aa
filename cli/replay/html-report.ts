import { formatDuration } from '../../lib/duration.ts';
import { count, percent } from '../terminal.ts';
import { type Crowd, scopesText, splitCrowds } from './crowds.ts';
import { bytes, campaignLasted, lasted, money, stamp, times, wouldStop } from './figures.ts';
import { campaignLegend } from './render-campaigns.ts';
import type { CampaignSummary, ReplaySummary } from './summary.ts';
import type { Timeline } from './timeline.ts';
import { warmUpNote } from './warm-up-note.ts';

const entities: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Paths and names come from the log, so from anybody. */
const safe = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char]!);

interface Column<Row> {
  readonly title: string;
  readonly right?: boolean;
  readonly value: (row: Row) => string;
  /** Smaller, below. */
  readonly more?: (row: Row) => string;
}

function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cell = ({ right }: Column<Row>, tag: string, text: string) =>
    `<${tag}${right === true ? ' class="right"' : ''}>${text}</${tag}>`;
  const content = ({ value, more }: Column<Row>, row: Row) =>
    safe(value(row)) + (more === undefined ? '' : `<small>${safe(more(row))}</small>`);
  const head = columns.map((column) => cell(column, 'th', safe(column.title))).join('');
  const body = rows
    .map((row) => `<tr>${columns.map((column) => cell(column, 'td', content(column, row))).join('')}</tr>`)
    .join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

const chart = { width: 1000, height: 180, foot: 20 };

/** Bars of passed requests with the stopped ones on top. */
function traffic({ from, step_ms: stepMs, passed, stopped }: Timeline): string {
  const all = passed.map((each, index) => each + stopped[index]!);
  const most = Math.max(...all);
  const width = chart.width / all.length;
  const tall = chart.height - chart.foot;
  const bar = (index: number, value: number, below: number, kind: string): string => {
    if (value === 0) return '';
    const [height, y] = [(value / most) * tall, ((most - below - value) / most) * tall];
    return `<rect class="${kind}" x="${(index * width).toFixed(2)}" y="${y.toFixed(2)}" width="${Math.max(width - 0.6, 0.6).toFixed(2)}" height="${height.toFixed(2)}"/>`;
  };
  const bars = all.map(
    (_, index) =>
      bar(index, passed[index]!, 0, 'passed') + bar(index, stopped[index]!, passed[index]!, 'stopped'),
  );
  const until = from + all.length * stepMs;
  const text = (x: number, anchor: string, label: string) =>
    `<text x="${x}" y="${chart.height - 4}" text-anchor="${anchor}">${safe(label)}</text>`;
  return `<figure><svg viewBox="0 0 ${chart.width} ${chart.height}" role="img" aria-label="Requests over time, passed and stopped">
${bars.join('')}
${text(0, 'start', stamp(from))}${text(chart.width / 2, 'middle', `${formatDuration(stepMs)} a bar, at most ${count(most)} requests`)}${text(chart.width, 'end', stamp(until))}
</svg><figcaption><span class="key passed"></span> passed <span class="key stopped"></span> would have been stopped</figcaption></figure>`;
}

const campaignColumns: readonly Column<CampaignSummary>[] = [
  { title: 'Campaign', value: (row) => row.campaign_id.slice(0, 12) },
  { title: 'Start', value: (row) => stamp(row.opened_at).slice(5) },
  { title: 'Lasted', right: true, value: campaignLasted },
  {
    title: 'What and where',
    value: (row) => row.title,
    more: (row) => `${row.reason} ${row.taxonomy.join(', ')}`,
  },
  { title: 'Level', value: (row) => row.level },
  {
    title: 'Peak',
    right: true,
    value: (row) => times(row.peak_ratio),
  },
  { title: 'Requests', right: true, value: (row) => count(row.requests) },
  { title: 'Clients/min', right: true, value: (row) => count(row.clients) },
  { title: 'Would stop', right: true, value: wouldStop },
];

const crowdColumns: readonly Column<Crowd>[] = [
  { title: 'Start', value: (row) => stamp(row.from).slice(5) },
  { title: 'Lasted', right: true, value: (row) => lasted(row.until - row.from) },
  { title: 'Where', value: scopesText },
  { title: 'Peak', right: true, value: (row) => times(row.peak_ratio) },
  { title: 'Requests', right: true, value: (row) => count(row.requests) },
];

const legend = campaignLegend.map(([column, meaning]) => `${column}: ${meaning}.`).join(' ');

function campaigns(summary: ReplaySummary): string {
  const { campaigns: list, crowds } = splitCrowds(summary.campaigns);
  const table =
    list.length > 0
      ? `${tableOf(campaignColumns, list)}<p><small>${safe(legend)}</small></p>`
      : '<p>None: no endpoint left its normal course in a way that a policy stops.</p>';
  if (crowds.length === 0) return table;
  return `${table}<h3>Crowds</h3><p>Far above normal while visitors behaved as always: shown, never stopped.</p>${tableOf(crowdColumns, crowds)}`;
}

function people({ at_risk: risk }: ReplaySummary): string {
  const good = count(risk.good_requests);
  if (risk.requests === 0)
    return `<p>None of ${good} requests by clients that looked good before was stopped.</p>`;
  return `<p>${count(risk.requests)} of ${good} requests by clients that looked good before would have been stopped (${count(risk.clients)} addresses).</p>${tableOf(
    [
      { title: 'Network', value: (row) => row.network },
      { title: 'Operator', value: (row) => row.as_org ?? 'unknown' },
      { title: 'Clients', right: true, value: (row) => count(row.clients) },
      { title: 'Requests', right: true, value: (row) => count(row.requests) },
    ],
    risk.networks,
  )}`;
}

function figures(summary: ReplaySummary): string {
  const { stopped, at_risk: risk, saving, lines, rejected } = summary;
  const figure = (value: string, name: string, more: string) =>
    `<div><strong>${safe(value)}</strong><span>${safe(name)}</span><small>${safe(more)}</small></div>`;
  const unread = Object.entries(rejected).filter(([, lost]) => lost > 0);
  return `<section class="figures">${[
    figure(
      count(lines.parsed),
      'requests read',
      unread.map(([why, lost]) => `${count(lost)} ${why}`).join(', ') || 'every line',
    ),
    figure(
      percent(stopped.share, 1),
      'would have been stopped',
      `${count(stopped.blocked)} blocked, ${count(stopped.challenged)} challenged, ${count(stopped.throttled)} throttled`,
    ),
    figure(
      count(risk.requests),
      'requests of people at risk',
      `of ${count(risk.good_requests)} by clients that looked good before`,
    ),
    saving.assumed
      ? figure(bytes(stopped.response_bytes), 'of answers not sent', 'for money, set costs.per_request')
      : figure(
          money(saving.amount, saving.currency),
          'saved (estimate)',
          `${saving.currency}${saving.per_request} a request · ${bytes(stopped.response_bytes)} not sent`,
        ),
  ].join('')}</section>`;
}

/** Before the figures: they are about what is left. */
function warnings({ warnings: told }: ReplaySummary): string {
  if (told.length === 0) return '';
  return `<section class="warning">${told.map((text) => `<p><strong>Warning</strong> ${safe(text)}</p>`).join('')}</section>\n`;
}

function conditions(summary: ReplaySummary): string {
  const { edge, policies, client_addresses: clients } = summary;
  const rows: readonly (readonly [string, string])[] = [
    ['Files', summary.files.join(', ')],
    ['Format', summary.format],
    [
      'Period',
      summary.period === null
        ? 'no request'
        : `${stamp(summary.period.from)} to ${stamp(summary.period.until)}`,
    ],
    [
      'Learned from only',
      summary.warm_up_ms === 0
        ? 'nothing'
        : [`the first ${formatDuration(summary.warm_up_ms)}`, warmUpNote(summary)]
            .filter((text) => text !== null)
            .join(': '),
    ],
    [
      'Client addresses',
      `${percent(clients.privateShare, 1)} private${clients.cdn === null ? '' : `, ${percent(clients.cdnShare, 1)} of ${clients.cdn}`}`,
    ],
    ['Enrichment', summary.enrichment.join('; ')],
    [
      'Simulated edge',
      `${edge.name}: effect after ${formatDuration(edge.delay_ms)}, room for ${count(edge.slots)} entries; ${count(edge.peakEntries)} entries and ${count(edge.peakRules)} rules at most`,
    ],
    ['Policies', `${policies.can_fire.length} of ${policies.total} can fire on this input`],
    ['Tidegate', summary.version],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${safe(name)}</dt><dd>${safe(value)}</dd>`).join('')}</dl>`;
}

function blindness({ not_visible: blind, policies }: ReplaySummary): string {
  const lacking = policies.cannot_fire.map(
    ({ policy, missing }) => `<li>${safe(policy)}: lacks ${safe(missing.join(', '))}</li>`,
  );
  return `${
    blind.length === 0
      ? '<p>Everything that is looked at is in this log.</p>'
      : tableOf(
          [
            { title: 'Not in this log', value: (row) => row.what },
            { title: 'What it would show', value: (row) => row.gain },
            { title: 'How to log it', value: (row) => row.how },
          ],
          blind,
        )
  }${lacking.length === 0 ? '' : `<p>Policies that can not fire:</p><ul>${lacking.join('')}</ul>`}`;
}

const style = `
:root{color-scheme:light dark;--page:#f5f7f8;--surface:#fff;--line:#dde4e8;--text:#14212b;--muted:#5a6b77;--passed:#3c9d8f;--stopped:#cf4a4a}
@media (prefers-color-scheme:dark){:root{--page:#0d1418;--surface:#151f25;--line:#2a3841;--text:#e6edf1;--muted:#98a9b4}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1280px;padding:32px 20px;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
h1{margin:0 0 4px;font-size:26px}h2{margin:0 0 12px;font-size:18px}h3{margin:18px 0 4px;font-size:15px}header p{margin:0 0 20px;color:var(--muted)}
section{margin:0 0 18px;padding:18px 20px;background:var(--surface);border:1px solid var(--line);border-radius:10px}
.warning{border-color:var(--stopped)}.warning p{margin:0 0 4px}.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:18px}.figures div{display:flex;flex-direction:column}
.figures strong{font-size:28px;line-height:1.2}small{color:var(--muted)}td small{display:block}td:first-child{white-space:nowrap}td{overflow-wrap:anywhere}
figure{margin:0}svg{display:block;width:100%}svg text{fill:var(--muted);font-size:12px}rect.passed,.key.passed{fill:var(--passed);background:var(--passed)}rect.stopped,.key.stopped{fill:var(--stopped);background:var(--stopped)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-left:8px}figcaption{color:var(--muted);font-size:13px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}th,td{padding:6px 14px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}th{color:var(--muted);font-weight:600;white-space:nowrap}
.right{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 20px;margin:0}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
@media print{body{background:#fff}section{break-inside:avoid}}`;

/** A page of its own for people who were not there: no script, nothing fetched, safe to send on. */
export function renderHtml(summary: ReplaySummary): string {
  const section = (title: string, body: string) => `<section><h2>${title}</h2>${body}</section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Tidegate replay</title><style>${style}</style></head><body>
<header><h1>What would have been stopped</h1><p>A replay of past logs. Nothing was blocked, and nothing left the machine it ran on.</p></header>
${warnings(summary)}${figures(summary)}
${summary.timeline === null ? '' : section('Traffic', traffic(summary.timeline))}
${section('Campaigns', campaigns(summary))}
${section('People at risk', people(summary))}
${section('What this log can not show', blindness(summary))}
${section('How it was run', conditions(summary))}
</body></html>
`;
}
