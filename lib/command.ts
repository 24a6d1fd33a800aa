import { randomUUID } from 'node:crypto';
import type { Command, Target } from './contracts/generated.ts';
import { stableId } from './ids.ts';
import { formatIp, formatNetwork, isV4, parseNetwork } from './ip.ts';
import type { Outgoing } from './log/log.ts';
import { whyNotSpared } from './spared-network.ts';
import { targetKey } from './target.ts';

export const commandKinds = [
  'allow',
  'disallow',
  'release',
  'block',
  'purge',
  'kill',
  'resume',
  'arm',
  'disarm',
  'let_go',
] as const;
export type CommandKind = (typeof commandKinds)[number];

/** How long the guard on shrinking lists stays lifted. */
export const letGoMs = 10 * 60_000;
/** The commands topic keeps 400 days, so an allow entry that names no end gets one that the topic can keep. */
const longestAllowMs = 365 * 24 * 3_600_000;

/**
 * The canonical target of an address or network as people write it: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/48`.
 * null when the text is neither.
 */
export function addressTarget(text: string): Target | null {
  const network = parseNetwork(text.trim());
  if (network === null) return null;
  if (network.prefix === 128) return { kind: 'ip', value: formatIp(network.address), signature: null };
  const isMapped = isV4(network.address) && network.prefix < 96;
  return isMapped ? null : { kind: 'cidr', value: formatNetwork(network), signature: null };
}

/** What a command says is nobody's; a text for whoever gave it. null: nothing is wrong. */
export function whyNoCommand(kind: string, target: Pick<Target, 'kind' | 'value'> | null): string | null {
  if (target === null || (target.kind !== 'ip' && target.kind !== 'cidr')) return null;
  const network = parseNetwork(target.value);
  if (network === null) return `${target.value}: not an address or network`;
  return kind === 'allow' ? whyNotSpared(network) : null;
}

/**
 * A command as a person or tool gives it. `at` is the wall clock in epoch ms. Throws when what it needs is missing: who
 * asks people checks that before.
 */
export function makeCommand(input: {
  readonly kind: CommandKind;
  readonly site: string;
  readonly target?: Target | null;
  readonly decisionId?: string | null;
  readonly action?: string | null;
  /** Of an allow entry. */
  readonly scope?: 'address' | 'all' | null;
  readonly reason: string;
  readonly who: string;
  readonly at: number;
  readonly untilAt?: number | null;
  /** Of arm, disarm, let_go and purge. */
  readonly edge?: string | null;
}): Command {
  const target = input.target ?? null;
  const decisionId = input.decisionId ?? null;
  const needsTarget = input.kind === 'allow' || input.kind === 'disallow' || input.kind === 'block';
  if (needsTarget && target === null) throw new Error(`${input.kind} needs a target`);
  if (input.kind === 'release' && target === null && decisionId === null)
    throw new Error('release needs a target or a decision id');
  const edge = input.edge ?? null;
  if ((input.kind === 'arm' || input.kind === 'disarm' || input.kind === 'let_go') && edge === null)
    throw new Error(`${input.kind} needs an edge`);
  return {
    command_id: stableId('command', input.site, input.kind, input.at, randomUUID()),
    kind: input.kind,
    site: input.site,
    target,
    decision_id: decisionId,
    action: input.kind === 'block' ? (input.action ?? 'block') : null,
    scope: input.kind === 'allow' ? (input.scope ?? 'address') : null,
    reason: input.reason,
    who: input.who,
    at: input.at,
    until_at: input.untilAt ?? defaultEnd(input.kind, input.at),
    edge,
  };
}

function defaultEnd(kind: CommandKind, at: number): number | null {
  if (kind === 'allow') return at + longestAllowMs;
  return kind === 'let_go' ? at + letGoMs : null;
}

/** The record that carries a command to the decider of its target. */
export function commandRecord(value: Command): Outgoing<'commands'> {
  const key =
    value.target === null
      ? `${value.site}|${value.edge === null ? value.kind : 'edge'}|${value.decision_id ?? value.edge ?? ''}`
      : targetKey(value.site, value.target);
  return { topic: 'commands', key, type: 'Command', value };
}
