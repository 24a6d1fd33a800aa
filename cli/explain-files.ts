import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Campaign, Decision, Verdict } from '../lib/contracts/generated.ts';
import { contains, formatIp, parseIp, parseNetwork } from '../lib/ip.ts';
import { campaignRow, decisionRow, verdictRow } from '../services/archiver/finding-rows.ts';
import type { Explanation } from '../services/console/explain.ts';
import { withIsoStamps } from '../services/console/stamps.ts';
import { ExitError } from './exit-error.ts';
import { checkInputs } from './replay/inspect-inputs.ts';

type Row = { readonly [column: string]: unknown };
type Finding = Extract<Explanation, { readonly kind: 'verdict' | 'campaign' | 'decision' }>;
type Ambiguous = Extract<Explanation, { readonly kind: 'ambiguous' }>;

/** What became of a request, as `replay --outcomes` writes it. */
interface Outcome {
  readonly event_id: string;
  readonly outcome: string;
  readonly decision_id?: string;
}

export interface FileExplanation {
  /** Of a request that is asked about; null: of none. */
  readonly outcome: Outcome | null;
  /** null: a request that no decision stopped. */
  readonly finding: Finding | Ambiguous | null;
}

interface Known {
  readonly campaigns: ReadonlyMap<string, Campaign>;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly outcome: Outcome | null;
}

const shownVerdicts = 5;

/**
 * Explains an id or an address from what `replay` wrote with --campaigns, --verdicts, --decisions and --outcomes, as
 * `explain` does from the archive. null: nothing in the files goes by this reference. Throws ExitError 3.
 */
export async function explainFiles(
  reference: string,
  paths: readonly string[],
): Promise<FileExplanation | null> {
  checkInputs(paths);
  const text = reference.trim();
  const known = await read(paths, text);
  if (known.outcome !== null) {
    const { outcome } = known;
    const { decision_id: id } = outcome;
    return { outcome, finding: id === undefined ? null : findingOf(known, 'decision', id) };
  }
  const finding = findingFor(known, text);
  return finding === null ? null : { outcome: null, finding };
}

/** Of campaigns, verdicts and decisions the last revision is kept, of requests the one asked about. */
async function read(paths: readonly string[], asked: string): Promise<Known> {
  const campaigns = new Map<string, Campaign>();
  const verdicts = new Map<string, Verdict>();
  const decisions = new Map<string, Decision>();
  let outcome: Outcome | null = null;
  for (const path of paths) {
    let number = 0;
    const input = path === '-' ? process.stdin : createReadStream(path);
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      number++;
      if (line === '') continue;
      const value = parsed(line);
      if (typeof value['verdict_id'] === 'string') verdicts.set(value['verdict_id'], value as never);
      else if (typeof value['event_id'] === 'string' && typeof value['outcome'] === 'string') {
        if (value['event_id'] === asked) outcome = value as never;
      } else if (typeof value['decision_id'] === 'string')
        decisions.set(value['decision_id'], value as never);
      else if (typeof value['campaign_id'] === 'string' && Array.isArray(value['scopes']))
        campaigns.set(value['campaign_id'], value as never);
      else
        throw new ExitError(
          3,
          `${path}:${number}: is no line of replay --campaigns, --verdicts, --decisions or --outcomes`,
        );
    }
  }
  return { campaigns, verdicts, decisions, outcome };
}

function parsed(line: string): Row {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' ? (value as Row) : {};
  } catch {
    return {};
  }
}

function findingFor(known: Known, text: string): Finding | Ambiguous | null {
  const ip = parseIp(text);
  if (ip !== null) return aboutAddress(known, ip);
  const kind = kinds[text.slice(0, 4)];
  if (kind === undefined) return null;
  const ids = [...idsOf(known, kind)].filter((id) => id.startsWith(text)).sort();
  if (ids.includes(text) || ids.length === 1)
    return findingOf(known, kind, ids.includes(text) ? text : ids[0]!);
  return ids.length === 0 ? null : { kind: 'ambiguous', reference: text, candidates: ids.slice(0, 20) };
}

const kinds: { readonly [prefix: string]: Finding['kind'] } = {
  vrd_: 'verdict',
  cmp_: 'campaign',
  dec_: 'decision',
};

function idsOf({ campaigns, verdicts, decisions }: Known, kind: Finding['kind']): ReadonlySet<string> {
  if (kind === 'verdict') return new Set(verdicts.keys());
  if (kind === 'decision') return new Set(decisions.keys());
  return new Set([
    ...campaigns.keys(),
    ...[...verdicts.values()].flatMap(({ campaign_id }) => campaign_id ?? []),
    ...[...decisions.values()].flatMap(({ causes }) =>
      causes.flatMap(({ campaign_id }) => campaign_id ?? []),
    ),
  ]);
}

function findingOf(known: Known, kind: Finding['kind'], id: string): Finding {
  const { campaigns, verdicts, decisions } = known;
  const caused = (verdict: Verdict, decision: Decision) =>
    decision.causes.some((cause) => cause.id === verdict.verdict_id);
  const all = [...decisions.values()];
  const its =
    kind === 'decision'
      ? all.filter(({ decision_id }) => decision_id === id)
      : all.filter(({ causes }) => causes.some((cause) => cause.id === id || cause.campaign_id === id));
  const said = [...verdicts.values()].filter((verdict) =>
    kind === 'verdict'
      ? verdict.verdict_id === id
      : kind === 'campaign'
        ? verdict.campaign_id === id
        : its.some((decision) => caused(verdict, decision)),
  );
  const campaign = kind === 'campaign' ? campaigns.get(id) : undefined;
  return finding(kind, id, { campaign, verdicts: said, decisions: its });
}

/** What names the address, or a network of it; whether a signature selects its requests, the files do not say. */
function aboutAddress({ verdicts, decisions }: Known, ip: Buffer): Finding | null {
  const names = ({ target: { kind, value } }: Verdict | Decision): boolean => {
    const network = kind === 'ip' || kind === 'cidr' ? parseNetwork(value) : null;
    return network !== null && contains(network, ip);
  };
  const its = [...decisions.values()].filter(names);
  const said = [...verdicts.values()].filter(names);
  return its.length === 0 && said.length === 0
    ? null
    : finding(its.length > 0 ? 'decision' : 'verdict', formatIp(ip), { verdicts: said, decisions: its });
}

interface Found {
  /** Undefined: the files have none, and what its verdicts say is what is known of it. */
  readonly campaign?: Campaign | undefined;
  readonly verdicts: readonly Verdict[];
  readonly decisions: readonly Decision[];
}

function finding(
  kind: Finding['kind'],
  reference: string,
  { campaign, verdicts, decisions }: Found,
): Finding {
  const first = [...verdicts].sort((a, b) => a.decided_at - b.decided_at).slice(0, shownVerdicts);
  return {
    kind: kind === 'campaign' && campaign === undefined ? 'verdict' : kind,
    reference,
    verdicts: first.map((verdict) => withIsoStamps(verdictRow(verdict))),
    campaigns: campaign === undefined ? [] : [withIsoStamps(campaignRow(campaign))],
    // of a replay: in force nowhere, so that there is nothing to undo
    decisions: decisions.map((decision) => withIsoStamps({ ...decisionRow(decision), state: 'replayed' })),
    edge_actions: [],
    samples: [],
  };
}
