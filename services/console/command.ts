import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import type { Command, Signature, Target } from '../../lib/contracts/generated.ts';
import { stableId } from '../../lib/ids.ts';
import { parseIp, parseNetwork } from '../../lib/ip.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import { targetKey } from '../../lib/target.ts';
import { stampParam } from './stamps.ts';

/** Body of POST /api/v1/commands. */
export const commandRequest = z
  .strictObject({
    kind: z.enum(['release', 'allow', 'disallow', 'block', 'arm', 'disarm', 'let_go', 'purge']),
    site: z
      .string()
      .regex(/^([a-z0-9-]{1,32}|\*)$/)
      .default('default'),
    /** Of a release: the decision to take back. */
    decision_id: z.string().startsWith('dec_').optional(),
    target: z
      .strictObject({
        kind: z.enum(['ip', 'cidr', 'asn', 'country', 'ja3', 'ja4', 'session', 'account', 'api_key']),
        value: z.string().min(1).max(500),
      })
      .optional(),
    action: z.enum(['tag', 'rate_limit', 'challenge', 'block']).optional(),
    scope: z.enum(['address', 'all']).optional(),
    reason: z.string().trim().min(3, 'say why, for the audit').max(500),
    who: z.string().trim().min(1).max(100).default('console'),
    /** Of arm, disarm, let_go and purge. */
    edge: z.string().min(1).max(63).optional(),
    /** Epoch ms; none: until taken back (allow), the decider's default (block). */
    until_at: z.number().int().positive().optional(),
  })
  .refine((command) => isAboutEdge(command.kind) === (command.edge !== undefined), {
    message: 'arm, disarm, let_go and purge are about an edge, nothing else is',
    path: ['edge'],
  })
  .refine(
    (command) =>
      command.edge !== undefined || command.target !== undefined || command.decision_id !== undefined,
    { message: 'target or decision_id is needed' },
  )
  .refine(
    (command) => command.edge !== undefined || command.kind === 'release' || command.target !== undefined,
    {
      message: 'target is needed',
      path: ['target'],
    },
  )
  .refine(
    ({ target }) =>
      target === undefined ||
      (target.kind === 'ip'
        ? parseIp(target.value) !== null
        : target.kind !== 'cidr' || parseNetwork(target.value) !== null),
    { message: 'not an address or network', path: ['target', 'value'] },
  );

function isAboutEdge(kind: string): boolean {
  return kind === 'arm' || kind === 'disarm' || kind === 'let_go' || kind === 'purge';
}

interface DecisionTarget {
  readonly site: string;
  readonly target_kind: string;
  readonly target_value: string;
  readonly target_predicates: Signature['predicates'];
  readonly target_except_good: boolean;
  readonly target_good_after: readonly string[];
}

/** The record for the topic `commands`, keyed like the decision it is about; null when there is no such decision. */
export async function makeCommand(
  clickhouse: ClickHouse,
  request: z.output<typeof commandRequest>,
  now: number,
): Promise<Outgoing<'commands'> | null> {
  let { site } = request;
  let target: Target | null = request.target === undefined ? null : { ...request.target, signature: null };
  if (target === null && request.edge === undefined) {
    const [decision] = await clickhouse.query<DecisionTarget>(
      'SELECT site, target_kind, target_value, target_predicates, target_except_good, target_good_after FROM decisions WHERE decision_id = {id:String}',
      { id: request.decision_id },
    );
    if (decision === undefined) return null;
    site = decision.site;
    target = {
      kind: decision.target_kind,
      value: decision.target_value,
      signature:
        decision.target_kind === 'signature'
          ? {
              predicates: decision.target_predicates,
              except_good: decision.target_except_good,
              good_after: decision.target_good_after,
            }
          : null,
    };
  }
  const value: Command = {
    command_id: stableId(
      'command',
      site,
      request.kind,
      target === null ? (request.edge ?? '') : targetKey(site, target),
      stampParam(now),
      randomUUID(),
    ),
    kind: request.kind,
    site,
    target,
    decision_id: request.decision_id ?? null,
    action: request.kind === 'block' ? (request.action ?? 'block') : null,
    scope: request.kind === 'allow' ? (request.scope ?? 'address') : null,
    reason: request.reason,
    who: request.who,
    at: now,
    until_at: request.until_at ?? null,
    edge: request.edge ?? null,
  };
  const key = target === null ? `${site}|edge|${request.edge}` : targetKey(site, target);
  return { topic: 'commands', key, type: 'Command', value };
}
