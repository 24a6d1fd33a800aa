import type { Evidence, OffsetRange, Signature } from '../../../../lib/contracts/generated.ts';
import type { CountName } from '../../layout.ts';
import type { PolicyTerms } from '../../verdict.ts';

export interface LiveSignature {
  readonly version: number;
  readonly signature: Signature;
  readonly coverage: number;
  readonly lift: number;
  readonly collateral: number;
  readonly collateralUpper: number;
  readonly goodSample: number;
  readonly fromAt: number;
  untilAt: number | null;
  verdictUntilAt: number;
}

/** What requests came from: each software's share of them. */
export type SoftwareMix = readonly (readonly [software: string, share: number])[];

/** How signatures were last looked for at a scope. */
export interface Search {
  pane: number;
  /** Share of the excess that those in force missed then. */
  missed: number;
  /** What that came from; empty where too few requests told. */
  software: SoftwareMix;
  /** Searches in a row that found nothing new. */
  fruitless: number;
  /** Samples on which they were last chosen from nothing. */
  chosenOn: number;
}

/** A campaign while it is open: plain values, so that a checkpoint can hold it. */
export interface OpenCampaign {
  readonly id: string;
  readonly site: string;
  /** Under which its verdicts stand. */
  policy: PolicyTerms;
  /** Of a policy that only simulates: it must change nothing for those that enforce. */
  readonly simulated: boolean;
  readonly openedAt: number;
  readonly effectiveFrom: number;
  scopes: { readonly kind: string; readonly key: string }[];
  /** The behaviour that gave it away; null: only watched. */
  readonly behaviour: CountName | null;
  /** Ids of other policies that found a scope of it: it is followed by what they look for too. */
  readonly lenders: string[];
  revision: number;
  /** `stopped`: by edges, upstream of the log; whether it goes on is not seen. */
  state: 'observed' | 'active' | 'stopped' | 'ended';
  appliedAction: string;
  signatures: LiveSignature[];
  /** Revisions of each verdict so far, by a hash of policy and signature: what ended and is found again goes on from there. */
  readonly verdictRevisions: Map<string, number>;
  reason: string;
  evidence: readonly Evidence[];
  /** What the evidence was counted from. */
  inputs: readonly OffsetRange[];
  baselineRung: string;
  lastActivePane: number;
  /** By scope. */
  readonly searches: Map<string, Search>;
  requests: number;
  excess: number;
  peakRatio: number | null;
  share: number | null;
  clients: number;
  sampleIds: readonly string[];
  /** Caps that bit while its evidence was gathered. */
  degraded: readonly string[];
  publishedPane: number;
}

/** Signatures of a campaign that select what it stops now. */
export function inForce({ signatures }: OpenCampaign): LiveSignature[] {
  return signatures.filter(({ untilAt }) => untilAt === null);
}
