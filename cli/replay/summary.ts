import type { ClientAddresses } from './client-addresses.ts';
import type { InventorySummary } from './inventory-summary.ts';
import type { Score } from './score-outcomes.ts';
import type { EdgeReport } from './simulated-edge.ts';
import type { Timeline } from './timeline.ts';
import type { Blindness } from './visibility.ts';

/** Where a line was refused, by file and number. */
export interface Rejection {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
}

/** What is told of a refused line, without what only labels go by. */
export const rejectionOf = ({ file, line, reason, detail }: Rejection): Rejection => ({
  file,
  line,
  reason,
  detail,
});

export interface CampaignSummary {
  readonly campaign_id: string;
  readonly opened_at: number;
  /** null: still going on when the input ended. */
  readonly closed_at: number | null;
  readonly last_at: number;
  readonly title: string;
  readonly kind: string;
  readonly level: string;
  readonly scope: string;
  readonly taxonomy: readonly string[];
  readonly applied_action: string;
  /** enforce, or simulate: its policy is not to stop anything. */
  readonly mode: string;
  readonly peak_ratio: number | null;
  readonly requests: number;
  readonly clients: number;
  readonly reason: string;
  /** Requests stopped by decisions of this campaign. */
  readonly stopped: number;
}

export interface NetworkAtRisk {
  readonly network: string;
  readonly as_org: string | null;
  readonly clients: number;
  readonly requests: number;
}

/** Everything replay found out, in one object: what `--json` prints. Times are epoch ms. */
export interface ReplaySummary {
  readonly version: string;
  readonly files: readonly string[];
  readonly format: string;
  readonly period: { readonly from: number; readonly until: number } | null;
  readonly lines: { readonly read: number; readonly parsed: number; readonly rejected: number };
  /** Rejected lines by reason; the first few in full. */
  readonly rejected: { readonly [reason: string]: number };
  readonly rejections: readonly Rejection[];
  /** What makes the result say less than it seems to, and what to do about it. */
  readonly warnings: readonly string[];
  /** Of each file that was cut off or corrupt: what to tell of it. */
  readonly damaged: readonly string[];
  readonly client_addresses: ClientAddresses;
  readonly enrichment: readonly string[];
  readonly policies: {
    readonly total: number;
    readonly can_fire: readonly string[];
    readonly cannot_fire: readonly { readonly policy: string; readonly missing: readonly string[] }[];
  };
  readonly warm_up_ms: number;
  /** The length of the input was not known beforehand: the warm-up was not made to fit it. */
  readonly warm_up_assumed: boolean;
  /** Requests that could have been stopped. */
  readonly after_warm_up: number;
  readonly edge: EdgeReport & {
    readonly name: string;
    readonly delay_ms: number;
    readonly slots: number;
  };
  /** Distinct endpoint templates, found or not. */
  readonly endpoints: number;
  readonly inventory: InventorySummary;
  readonly campaigns: readonly CampaignSummary[];
  readonly decisions: number;
  readonly stopped: {
    readonly requests: number;
    readonly share: number;
    readonly blocked: number;
    readonly challenged: number;
    readonly throttled: number;
    readonly response_bytes: number;
  };
  /** null: no request. */
  readonly timeline: Timeline | null;
  readonly at_risk: {
    readonly requests: number;
    readonly clients: number;
    /** Requests of clients that looked good, stopped or not: what the figures above are a part of. */
    readonly good_requests: number;
    readonly networks: readonly NetworkAtRisk[];
  };
  readonly saving: {
    readonly amount: number;
    readonly currency: string;
    readonly per_request: number;
    readonly assumed: boolean;
  };
  readonly not_visible: readonly Blindness[];
  readonly score: Score | null;
  readonly seconds: number;
  readonly lines_per_second: number;
}
