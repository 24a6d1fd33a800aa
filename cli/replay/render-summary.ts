import { formatDuration } from '../../lib/duration.ts';
import { count, percent, styled, type Terminal, tableOrBlocks, wrapped } from '../terminal.ts';
import { splitCrowds } from './crowds.ts';
import { bytes, lasted, moment, money, stamp } from './figures.ts';
import { type GuardedFunction, guardedFunctions, type InventorySummary } from './inventory-summary.ts';
import { renderCampaigns } from './render-campaigns.ts';
import type { IncidentScore } from './score-outcomes.ts';
import type { ReplaySummary } from './summary.ts';
import { warmUpNote } from './warm-up-note.ts';

const labelWidth = 13;
const label = (name: string, text: string): string => ` ${name.padEnd(labelWidth - 2)} ${text}`;

function rejectedText(summary: ReplaySummary): string {
  const { lines, rejections } = summary;
  const places = rejections.slice(0, 3).map(({ file, line, reason }) => `${file}:${line} ${reason}`);
  const more = lines.rejected > places.length ? ', …' : '';
  const detail = places.length === 0 ? '' : ` (${places.join(', ')}${more} --rejects FILE)`;
  return ` read ${count(lines.read)} · parsed ${count(lines.parsed)} · rejected ${count(lines.rejected)}${detail}`;
}

function header(terminal: Terminal, summary: ReplaySummary): string[] {
  const { period, client_addresses: clients, policies, edge } = summary;
  const length = period === null ? '' : `   ${lasted(period.until - period.from)}`;
  const cannot = policies.cannot_fire.length;
  const labelled = [
    label('format', summary.format),
    label(
      'period',
      period === null
        ? 'no request'
        : `${stamp(period.from)} → ${stamp(period.until)}${length}   ${summary.files.length} ${summary.files.length === 1 ? 'file' : 'files, in time order'}`,
    ),
    label(
      'client IP',
      `${percent(clients.privateShare, 1)} private.  ${clients.cdn === null ? 'No CDN addresses: ok' : `${percent(clients.cdnShare, 1)} are addresses of ${clients.cdn}`}`,
    ),
    ...summary.enrichment.map((text, index) => label(index === 0 ? 'enrichment' : '', text)),
    label(
      'policies',
      `${policies.total} loaded.  ${policies.can_fire.length} can fire on this input${cannot === 0 ? '' : `, ${cannot} cannot (below)`}`,
    ),
    label(
      'warm-up',
      `${warmUpText(summary)}       simulated edge: ${edge.name}, ${formatDuration(edge.delay_ms)}, ${count(edge.slots)} entries (--edge)`,
    ),
  ];
  return [
    ...labelled.flatMap((line) => wrapped(line, terminal.columns, labelWidth)),
    '',
    rejectedText(summary),
    ...summary.warnings.flatMap((text) =>
      wrapped(` ${styled(terminal, 'yellow', 'warning')}     ${text}`, terminal.columns, labelWidth),
    ),
    '',
  ];
}

function warmUpText({ warm_up_ms: ms, warm_up_assumed: assumed }: ReplaySummary): string {
  if (ms === 0) return 'none (--warm-up)';
  const why = assumed ? ' as the length of the input was not known beforehand' : '';
  return `first ${formatDuration(ms)} learn only${why} (--warm-up)`;
}

const linesOfEndpoints = 8;

const functionTitles: { readonly [F in GuardedFunction]: string } = {
  login: 'log-ins',
  payment: 'payments',
  inventory: 'look-ups',
  cart: 'carts',
};

/** The first of them, and how many there are beside. */
function firstOf(names: readonly string[], most: number): string {
  const rest = names.length > most ? `, … (${count(names.length - most)} more)` : '';
  return `${names.slice(0, most).join(', ')}${rest}`;
}

/** What endpoints are taken for, since policies ask for it: a log-in of an unusual name is not seen to be one. */
function functionLines(terminal: Terminal, of: InventorySummary): string[] {
  const rows = guardedFunctions.flatMap((name) => {
    const named = firstOf(of.by_function[name], 3) || 'none';
    return wrapped(`   ${functionTitles[name].padEnd(9)} ${named}`, terminal.columns, labelWidth);
  });
  return ['   taken for, by their paths (enricher.functions in the configuration corrects it)', ...rows];
}

/** What was called against what is documented; nothing is said to be undocumented where no document was given. */
function inventory(terminal: Terminal, { inventory: of }: ReplaySummary): string[] {
  if (of.endpoints === 0) return [];
  const parts =
    of.documented === null
      ? ['what is documented is not known (--openapi FILE)']
      : [
          `${count(of.documented)} documented`,
          `${count(of.undocumented.length)} undocumented`,
          `${count(of.zombies.length)} deprecated or gone but called`,
          `${count(of.unused.length)} documented but never called`,
          ...(of.not_covered === 0 ? [] : [`${count(of.not_covered)} on hosts without a document`]),
        ];
  const hosts = `${count(of.hosts)} ${of.hosts === 1 ? 'host' : 'hosts'}`;
  const lines = [
    ` ${styled(terminal, 'bold', 'ENDPOINTS')}   ${count(of.endpoints)} on ${hosts} · ${parts.join(' · ')}`,
    ...functionLines(terminal, of),
  ];
  const rows = [
    ...of.undocumented.slice(0, linesOfEndpoints).map((line) => ({ what: 'undocumented', ...line })),
    ...of.zombies.slice(0, linesOfEndpoints).map((line) => ({ what: 'zombie', ...line })),
  ];
  if (rows.length > 0) {
    const text = tableOrBlocks<(typeof rows)[number]>(
      [
        { title: '', value: (row) => row.what },
        { title: 'ENDPOINT', value: (row) => row.endpoint.slice(0, 60) },
        { title: 'FUNCTION', value: (row) => row.function },
        { title: 'FIRST SEEN (UTC)', value: (row) => moment(row.first_seen_at) },
        { title: 'REQUESTS', align: 'right', value: (row) => count(row.requests) },
        { title: 'CLIENTS', align: 'right', value: (row) => count(row.clients) },
      ],
      rows,
      terminal.columns - 3,
    );
    lines.push(...text.map((line) => `   ${line}`));
  }
  const more = of.undocumented.length + of.zombies.length - rows.length;
  if (more > 0) lines.push(`   ${count(more)} more: --inventory inventory.ndjson`);
  if (of.unused.length > 0) lines.push(`   never called: ${firstOf(of.unused, 4)}`);
  return [...lines, ''];
}

function effect(terminal: Terminal, summary: ReplaySummary): string[] {
  const { stopped, at_risk: risk, saving, edge } = summary;
  const left = Object.entries(edge.unsupported).map(([kind, decisions]) => `${decisions} ${kind}`);
  const lines = [
    ` ${styled(terminal, 'bold', 'WOULD HAVE BEEN STOPPED')}   ${count(stopped.requests)} requests (${percent(stopped.share, 1)}): ${count(stopped.blocked)} blocked, ${count(stopped.challenged)} challenged, ${count(stopped.throttled)} throttled · ${count(edge.peakRules)} edge rules + ${count(edge.peakEntries)} entries at most`,
  ];
  const note = warmUpNote(summary);
  if (note !== null) lines.push(`   ${note}`);
  if (edge.leftOut > 0) lines.push(`   ${count(edge.leftOut)} decisions found no free slot at ${edge.name}`);
  if (left.length > 0) lines.push(`   ${edge.name} has no list or rule for: ${left.join(', ')} decisions`);
  const people =
    risk.requests === 0
      ? `none of ${count(risk.good_requests)} requests by clients that looked good before was stopped`
      : `${count(risk.requests)} of ${count(risk.good_requests)} requests by clients that looked good before (${count(risk.clients)} addresses)`;
  lines.push(` ${styled(terminal, 'bold', 'PEOPLE AT RISK')}            ${people}`);
  for (const { network, as_org, clients, requests } of risk.networks.slice(0, 3))
    lines.push(
      `   ${count(requests)} requests, ${count(clients)} addresses in ${network}${as_org === null ? '' : ` (${as_org})`}`,
    );
  if (risk.requests > 0) lines.push('   list: --at-risk at-risk.ndjson');
  // what a request costs is somebody's own figure: one that nobody gave says nothing about them
  const sent = `${bytes(stopped.response_bytes)} of answers`;
  lines.push(
    saving.assumed
      ? ` ${styled(terminal, 'bold', 'NOT SENT')}                  ${sent} (for money, set costs.per_request)`
      : ` ${styled(terminal, 'bold', 'SAVED (estimate)')}          ${money(saving.amount, saving.currency)}: ${count(stopped.requests)} requests at ${saving.currency}${saving.per_request} (costs.per_request) · ${sent} not sent`,
    '',
  );
  return lines;
}

/** Columns of what a field would show; what is longer has the field's line below it. */
const gainWidth = 52;
/** Columns that two texts beside each other take. */
const narrowBelow = 140;

function blindness(terminal: Terminal, summary: ReplaySummary): string[] {
  const lines: string[] = [];
  if (summary.not_visible.length > 0) {
    lines.push(` ${styled(terminal, 'bold', 'NOT VISIBLE IN THIS LOG')}   what you would gain by logging it`);
    const isNarrow = terminal.columns < narrowBelow;
    for (const { what, gain, how } of summary.not_visible) {
      if (isNarrow) {
        lines.push(`   ${what}: ${gain}`, `     ${how}`);
        continue;
      }
      const fits = gain.length <= gainWidth;
      lines.push(`   ${what.padEnd(22)} ${gain.padEnd(gainWidth)}${fits ? ` ${how}` : ''}`);
      if (!fits) lines.push(`${' '.repeat(27 + gainWidth)}${how}`);
    }
  }
  if (summary.policies.cannot_fire.length > 0) {
    lines.push(
      ` ${styled(terminal, 'bold', 'POLICIES THAT CANNOT FIRE')}   ${summary.policies.cannot_fire.length} of ${summary.policies.total}`,
    );
    for (const { policy, missing } of summary.policies.cannot_fire)
      lines.push(`   ${policy.padEnd(44)} lacks ${missing.join(', ')}`);
  }
  return lines;
}

/** The table of attacks and controls, for input whose truth is known. */
export function renderScore(incidents: readonly IncidentScore[], width = Infinity): readonly string[] {
  const seconds = (ms: number | null) => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`);
  return tableOrBlocks<IncidentScore>(
    [
      { title: 'INCIDENT', value: (row) => row.incident },
      { title: 'FIRST STOP', align: 'right', value: (row) => seconds(row.firstStopAfterMs) },
      {
        title: 'LET THROUGH',
        align: 'right',
        value: (row) => (row.attack.requests === 0 ? '–' : count(row.letThroughFirst)),
      },
      {
        title: 'ATTACK >30 S STOPPED',
        align: 'right',
        value: (row) => (row.attack.requests === 0 ? '–' : percent(row.attackLater.share)),
      },
      {
        title: 'REQUESTS',
        align: 'right',
        value: (row) => (row.attack.requests === 0 ? '–' : count(row.attack.requests)),
      },
      { title: 'HONEST STOPPED', align: 'right', value: (row) => percent(row.honest.share) },
      { title: 'REQUESTS', align: 'right', value: (row) => count(row.honest.requests) },
      { title: 'ON TARGET', align: 'right', value: (row) => percent(row.honestOnTarget.share) },
      { title: 'REQUESTS', align: 'right', value: (row) => count(row.honestOnTarget.requests) },
    ],
    incidents,
    width,
  );
}

type NextStep = readonly [command: string, what: string];

/** The whole report for people. */
export function renderSummary(summary: ReplaySummary, terminal: Terminal): string {
  const findings = splitCrowds(summary.campaigns);
  const first = findings.campaigns[0];
  const id = first?.campaign_id.slice(0, 12);
  const evidence: readonly NextStep[] = [
    ['tidegate replay … --campaigns c.ndjson --decisions d.ndjson', ''],
    [`tidegate explain ${id} --from c.ndjson d.ndjson`, '(why, and what was to be stopped)'],
  ];
  const next: readonly NextStep[] = [
    ...(first === undefined ? [] : evidence),
    ['tidegate replay … --edge aws-waf --edge-capacity 10000', '(what your edge could really have done)'],
    ['tidegate replay … --html report.html', '(to show to others)'],
  ];
  const score =
    summary.score === null
      ? []
      : [
          ` ${styled(terminal, 'bold', 'AGAINST THE LABELS')}`,
          ...renderScore(summary.score.incidents, terminal.columns - 1).map((line) => ` ${line}`),
          ' Honest = labelled so; "stopped" includes challenged and throttled.',
          '',
        ];
  const lines = [
    ...header(terminal, summary),
    ...renderCampaigns(terminal, findings),
    ...effect(terminal, summary),
    ...score,
    ...inventory(terminal, summary),
    ...blindness(terminal, summary),
    ` ${count(summary.lines_per_second)} lines/s, ${summary.seconds.toFixed(1)} s.  Nothing was blocked. Nothing left this machine.`,
    '',
  ].flatMap((line) => wrapped(line, terminal.columns));
  // a command is not broken: it is there to be copied
  const commands = next.flatMap(([command, what], index) => {
    const line = `${index === 0 ? ' next   ' : '        '}${command}`;
    if (what === '') return [line];
    const both = `${line}      ${what}`;
    return both.length <= terminal.columns ? [both] : [line, `          ${what}`];
  });
  return [...lines, ...commands, ''].join('\n');
}
