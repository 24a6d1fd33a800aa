import type { Row } from '../../lib/clickhouse/clickhouse.ts';
import type {
  Action,
  Campaign,
  Command,
  DeadLetter,
  Decision,
  EdgeAction,
  Target,
  Verdict,
} from '../../lib/contracts/generated.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';

const target = (value: Target): Row => ({
  target_kind: value.kind,
  target_value: value.value,
  target_predicates: value.signature?.predicates ?? [],
  target_except_good: value.signature?.except_good ?? false,
  target_good_after: value.signature?.good_after ?? [],
});

const action = (value: Action): Row => ({
  action: value.kind,
  action_fallback: value.fallback,
  action_ttl_ms: value.ttl_ms,
  action_escalate_ms: value.escalate_ms,
});

/** Row of `verdict_revisions`. Stamps are epoch ms; nested records go in as they are (named tuples). */
export function verdictRow({ target: on, action: wanted, ...verdict }: Verdict): Row {
  return { ...verdict, ...target(on), ...action(wanted) };
}

/** Row of `campaign_revisions`. */
export function campaignRow({ action: wanted, signatures, ...campaign }: Campaign): Row {
  return {
    ...campaign,
    ...action(wanted),
    signatures: signatures.map(({ signature, ...version }) => ({
      ...version,
      signature: canonicalSignature(signature),
      predicates: signature.predicates,
      except_good: signature.except_good,
      good_after: signature.good_after,
    })),
  };
}

/** Row of `decision_revisions`. */
export function decisionRow({ target: on, ...decision }: Decision): Row {
  return { ...decision, ...target(on) };
}

/** Row of `edge_action_log`. */
export function edgeActionRow({ target: on, ...entry }: EdgeAction): Row {
  return { ...entry, target_kind: on.kind, target_value: on.value };
}

/** Row of `command_log`. */
export function commandRow({ target: on, ...command }: Command): Row {
  return { ...command, target_kind: on?.kind ?? null, target_value: on?.value ?? null };
}

/** Row of `dead_letter_log`. */
export function deadLetterRow(letter: DeadLetter): Row {
  return { ...letter };
}
