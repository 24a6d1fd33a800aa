import type { Row } from '../../lib/clickhouse/clickhouse.ts';
import { formatDuration } from '../../lib/duration.ts';
import type { Explanation } from './explain.ts';
import type { AddressExplanation } from './explain-address.ts';

const text = (value: unknown): string =>
  value === null || value === undefined || value === '' ? '–' : String(value);
const stamp = (value: unknown): string => text(value).replace(/\.000Z$/, 'Z');
const line = (label: string, ...parts: readonly string[]): string =>
  ` ${label.padEnd(9)} ${parts.filter((part) => part !== '').join('   ')}`.trimEnd();

/** At most four significant digits, thousands separated. */
export function figure(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const number = Number(value);
  if (!Number.isFinite(number)) return '–';
  const digits = Math.abs(number) >= 1000 ? 0 : Math.abs(number) >= 10 ? 1 : 3;
  return Number(number.toFixed(digits)).toLocaleString('en-US');
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    ` ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('   ')}`.trimEnd(),
  );
}

function evidenceTable(evidence: readonly Row[]): string[] {
  if (evidence.length === 0) return [];
  return [
    '',
    ...table([
      ['evidence', 'observed', 'normal p50', 'p99', 'threshold', 'ratio', 'window', 'trust'],
      ...evidence.map((entry) => [
        text(entry['name']),
        figure(entry['observed']),
        figure(entry['normal_p50']),
        figure(entry['normal_p99']),
        figure(entry['threshold']),
        entry['ratio'] === null ? '–' : `${figure(entry['ratio'])}x`,
        entry['window_ms'] === null ? '–' : formatDuration(Number(entry['window_ms'])),
        [entry['samples'] === null ? '' : `n=${figure(entry['samples'])}`, entry['trust'] ?? '']
          .filter((part) => part !== '')
          .join(' ') || '–',
      ]),
    ]),
    '',
  ];
}

function decisionLine(decision: Row, label = 'decision'): string {
  return line(
    label,
    `${text(decision['decision_id'])}`,
    `${text(decision['action'])} ${text(decision['target_kind'])}${decision['target_kind'] === 'signature' ? '' : ` ${text(decision['target_value'])}`}`,
    `${text(decision['state'])}, ${text(decision['mode'])}`,
    `${stamp(decision['decided_at'])} → ${stamp(decision['expires_at'])}`,
    Number(decision['times'] ?? 1) > 1 ? `time ${decision['times']}` : '',
    decision['target_kind'] === 'signature' ? `\n${' '.repeat(11)}${text(decision['target_value'])}` : '',
  );
}

function edgeSummary(actions: readonly Row[]): string[] {
  const newest = new Map<string, Row>();
  for (const entry of actions) {
    const key = `${entry['edge']} ${entry['target_kind']} ${entry['target_value']}`;
    if (!newest.has(key)) newest.set(key, entry);
  }
  return [...newest.values()]
    .slice(0, 10)
    .map((entry) =>
      line(
        'edge',
        `${text(entry['edge'])}: ${text(entry['operation'])} ${text(entry['result'])}${entry['dry_run'] === true ? ' (dry run: nothing was changed)' : ''}`,
        stamp(entry['at']),
        entry['error'] === null ? '' : String(entry['error']),
      ),
    );
}

function findingText(
  explanation: Extract<Explanation, { verdicts: readonly Row[]; campaigns: readonly Row[] }>,
  noDecision: string,
): string {
  const { kind, verdicts, campaigns, decisions } = explanation;
  const lines: string[] = [];
  if (kind === 'decision')
    for (const decision of decisions)
      lines.push(decisionLine(decision), line('reason', text(decision['reason'])));
  const shown = kind === 'campaign' ? [] : verdicts;
  for (const verdict of shown) {
    lines.push(
      line(
        'verdict',
        text(verdict['verdict_id']),
        stamp(verdict['decided_at']),
        text(verdict['level']),
        `policy ${text(verdict['policy_id'])}`,
        verdict['campaign_id'] === null ? '' : `campaign ${text(verdict['campaign_id'])}`,
      ),
      line('subject', `${text(verdict['target_kind'])} ${text(verdict['target_value'])}`),
      line('reason', text(verdict['reason'])),
      line(
        'action',
        `${text(verdict['action'])} ${formatDuration(Number(verdict['action_ttl_ms'] ?? 0))}`,
        `mode ${text(verdict['mode'])}`,
      ),
      ...evidenceTable(verdict['evidence'] as readonly Row[]),
      ...provenance(verdict),
    );
  }
  for (const campaign of campaigns) {
    lines.push(
      line(
        'campaign',
        text(campaign['campaign_id']),
        text(campaign['title']),
        text(campaign['level']),
        text(campaign['state']),
        `${stamp(campaign['opened_at'])} → ${campaign['closed_at'] === null ? 'open' : stamp(campaign['closed_at'])}`,
      ),
      line(
        'scope',
        (campaign['scopes'] as readonly Row[])
          .map((scope) => `${text(scope['kind'])} ${text(scope['key'])}`)
          .join(', '),
      ),
      line(
        'size',
        `${figure(campaign['requests'])} requests`,
        `excess ${figure(campaign['excess'])}`,
        `${figure(campaign['clients'])} clients`,
        campaign['peak_ratio'] === null ? '' : `peak ${figure(campaign['peak_ratio'])}x`,
        campaign['share'] === null ? '' : `${figure(Number(campaign['share']) * 100)} % of all`,
      ),
    );
    if (kind === 'campaign')
      lines.push(
        line('reason', text(campaign['reason'])),
        line(
          'action',
          `${text(campaign['applied_action'])}${campaign['applied_action'] === campaign['action'] ? '' : ` (wanted ${text(campaign['action'])})`}`,
          `mode ${text(campaign['mode'])}`,
        ),
        ...evidenceTable(campaign['evidence'] as readonly Row[]),
      );
    for (const signature of campaign['signatures'] as readonly Row[])
      lines.push(
        line('selects', `v${text(signature['version'])} ${text(signature['signature'])}`),
        line(
          '',
          `${figure(Number(signature['coverage']) * 100)} % of the excess`,
          `${figure(Number(signature['collateral']) * 100)} % of good traffic (at most ${figure(Number(signature['collateral_upper']) * 100)} %, of ${figure(signature['good_sample'])})`,
          `${stamp(signature['from_at'])} → ${signature['until_at'] === null ? 'now' : stamp(signature['until_at'])}`,
        ),
      );
    if (kind === 'campaign') lines.push(...provenance(campaign));
  }
  if (kind !== 'decision') {
    for (const decision of decisions.slice(0, 10)) lines.push(decisionLine(decision));
    if (decisions.length > 10) lines.push(line('', `and ${decisions.length - 10} more`));
    if (decisions.length === 0) lines.push(line('decision', noDecision));
  }
  lines.push(...edgeSummary(explanation.edge_actions));
  for (const sample of explanation.samples.slice(0, 5)) lines.push(requestLine(sample));
  const active = decisions.find((decision) => decision['state'] === 'active');
  if (active !== undefined)
    lines.push('', ` undo: tidegate decisions delete ${text(active['decision_id'])} --reason …`);
  return lines.join('\n');
}

function provenance(row: Row): string[] {
  const inputs = row['inputs'] as readonly Row[];
  const degraded = row['degraded'] as readonly string[];
  const taxonomy = row['taxonomy'] as readonly string[];
  return [
    line(
      'inputs',
      inputs.length === 0
        ? '–'
        : inputs
            .map(
              (range) =>
                `requests.enriched[${text(range['partition'])}] ${text(range['first'])}…${text(range['last'])}`,
            )
            .join(', '),
      `policy ${text(row['policy_hash']).slice(0, 12)}`,
      row['baseline_rung'] === null ? '' : `baseline: ${text(row['baseline_rung'])}`,
    ),
    ...(degraded.length > 0 ? [line('degraded', degraded.join(', '))] : []),
    ...(taxonomy.length > 0 ? [line('taxonomy', taxonomy.join(', '))] : []),
  ];
}

function requestLine(request: Row): string {
  return line(
    'sample',
    text(request['event_id']),
    stamp(request['timestamp']),
    text(request['client_ip']),
    `${text(request['method'])} ${text(request['path'])}`,
    `${text(request['status'])} ${text(request['outcome'])}`,
  );
}

const answers: { readonly [state in AddressExplanation['state']]: string } = {
  blocked: 'to be stopped: a decision that enforces names it',
  selected: 'to be stopped in part: a decision that enforces selects requests of it',
  simulated: 'not stopped: decisions cover it, none of them enforces',
  free: 'not stopped: no decision covers it',
};

function addressText(explanation: AddressExplanation): string {
  const { activity } = explanation;
  const lines = [
    line(
      'address',
      explanation.reference,
      answers[explanation.state],
      explanation.clock_at === null ? '' : `at ${stamp(explanation.clock_at)}`,
    ),
  ];
  for (const decision of explanation.decisions) {
    lines.push(
      decisionLine(decision),
      line('', text(decision['reason'])),
      ...(decision.selected_requests === null
        ? []
        : [line('', `selects ${figure(decision.selected_requests)} of its requests of the last day`)]),
    );
  }
  lines.push(...edgeSummary(explanation.edge_actions));
  if (explanation.state === 'blocked' || explanation.state === 'selected') {
    const applied = explanation.edge_actions.some(
      (entry) => entry['result'] === 'applied' && entry['dry_run'] === false,
    );
    if (!applied) lines.push(line('edge', 'no edge has reported to have applied it (dry run?)'));
  }
  for (const verdict of explanation.verdicts.slice(0, 3))
    lines.push(
      line(
        'verdict',
        text(verdict['verdict_id']),
        stamp(verdict['decided_at']),
        text(verdict['policy_id']),
        text(verdict['reason']),
      ),
    );
  if (explanation.state === 'free')
    for (const campaign of explanation.campaigns_around.slice(0, 3))
      lines.push(
        line(
          'campaign',
          text(campaign['campaign_id']),
          `${text(campaign['title'])} (${text(campaign['applied_action'])}, ${text(campaign['mode'])})`,
          `was about ${text(campaign['scope'])}: of its ${figure(campaign['requests'])} requests there none is stopped`,
        ),
      );
  for (const decision of explanation.past_decisions.slice(0, 5)) lines.push(decisionLine(decision, 'past'));
  if (activity === null)
    lines.push(
      line('activity', 'no request of it in the last 24 h (full addresses are kept for a limited time)'),
    );
  else
    lines.push(
      line(
        'activity',
        `${figure(activity['requests'])} requests in 24 h`,
        `${figure(activity['failures'])} failed`,
        `${figure(activity['sessions'])} sessions, ${figure(activity['accounts'])} accounts, ${figure(activity['user_agents'])} user agents`,
      ),
      line(
        '',
        `${stamp(activity['first_seen'])} → ${stamp(activity['last_seen'])}`,
        (activity['endpoints'] as readonly string[]).join(', '),
      ),
      line(
        'network',
        text(activity['country']),
        `AS${text(activity['asn'])} ${text(activity['as_org'])}`,
        text(activity['network_class']),
        activity['proxy_operator'] === null ? '' : `proxy ${text(activity['proxy_operator'])}`,
      ),
    );
  return lines.join('\n');
}

/** The explanation for a terminal. */
export function renderExplanation(
  explanation: Explanation,
  noDecision = 'none: nothing is asked of any edge',
): string {
  switch (explanation.kind) {
    case 'address':
      return addressText(explanation);
    case 'event':
      return `${requestLine(explanation.request)}\n${addressText(explanation.address)}`;
    case 'ambiguous':
      return ` ${explanation.reference} is the beginning of several ids:\n${explanation.candidates.map((id) => `   ${id}`).join('\n')}`;
    default:
      return findingText(explanation, noDecision);
  }
}
