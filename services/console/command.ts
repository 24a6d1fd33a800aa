import { z } from 'zod';
import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { commandKinds, commandRecord, makeCommand as newCommand, whyNoCommand } from '../../lib/command.ts';
import type { Signature, Target } from '../../lib/contracts/generated.ts';
import type { Outgoing } from '../../lib/log/log.ts';

/** Body of POST /api/v1/commands. */
export const commandRequest = z
  .strictObject({
    kind: z.enum(commandKinds),
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
    reason: z
      .string()
      .trim()
      .min(3, 'say why, for the audit (3 to 500 characters)')
      .max(500, '3 to 500 characters'),
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
      !isSwitch(command.kind) || (command.target === undefined && command.decision_id === undefined),
    { message: 'kill and resume are about a site' },
  )
  .refine(
    (command) => isAbout(command) || command.target !== undefined || command.decision_id !== undefined,
    {
      message: 'target or decision_id is needed',
    },
  )
  .refine((command) => isAbout(command) || command.kind === 'release' || command.target !== undefined, {
    message: 'target is needed',
    path: ['target'],
  })
  .superRefine(({ kind, target }, context) => {
    const message = whyNoCommand(kind, target ?? null);
    if (message !== null) context.addIssue({ code: 'custom', message, path: ['target', 'value'] });
  });

const isSwitch = (kind: string): boolean => kind === 'kill' || kind === 'resume';
/** About an edge, or all of a site: it needs no target. */
const isAbout = ({ kind, edge }: { readonly kind: string; readonly edge?: string | undefined }): boolean =>
  edge !== undefined || isSwitch(kind);

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
  if (target === null && !isAbout(request)) {
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
  return commandRecord(
    newCommand({
      kind: request.kind,
      site,
      target,
      decisionId: request.decision_id ?? null,
      action: request.action ?? null,
      scope: request.scope ?? null,
      reason: request.reason,
      who: request.who,
      at: now,
      untilAt: request.until_at ?? null,
      edge: request.edge ?? null,
    }),
  );
}
