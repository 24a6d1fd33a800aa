import { parseNetwork } from '../../../lib/ip.ts';
import type { CapacityOptions } from '../choose-entries.ts';
import type { Entry } from '../edge.ts';
import type { CampaignView } from './campaign-view.ts';
import type { GoodTraffic } from './good-traffic.ts';

export interface CollateralGuardConfig {
  /** Share of recent good requests that the entries of an edge may stop together. */
  readonly maxGoodShare: number;
  /** With fewer good requests than this a share says nothing. */
  readonly minGoodRequests: number;
}

/** Keeps an edge from stopping too many good requests: a budget for the planner, and a reason to wait. */
export interface CollateralGuard {
  readonly collateralOf: CapacityOptions['collateralOf'];
  readonly coverageOf: CapacityOptions['coverageOf'];
  budget(): number;
  /** Why an addition must wait now; null: it need not. */
  holdAddition(entry: Entry): string | null;
}

/**
 * What good clients sent lately is asked of ClickHouse where there is one; what a signature would cost is known from its
 * campaign as well. While ClickHouse does not answer, wide new blocks wait, and everything else goes on: what is there
 * stays, releases are made, and single clients can be stopped.
 */
export function createCollateralGuard(
  traffic: GoodTraffic | null,
  campaigns: CampaignView,
  config: CollateralGuardConfig,
): CollateralGuard {
  return {
    collateralOf: (entry) => traffic?.hits(entry) ?? 0,
    coverageOf: (entry) => campaigns.ofSignature(entry.value)?.coverage ?? 0,
    budget() {
      const requests = traffic?.requests() ?? null;
      if (requests === null || requests < config.minGoodRequests) return Number.POSITIVE_INFINITY;
      return config.maxGoodShare * requests;
    },
    holdAddition(entry) {
      if (traffic === null || !isWide(entry) || traffic.requests() !== null) return null;
      if (entry.kind === 'signature' && campaigns.ofSignature(entry.value) !== null) return null;
      return 'good traffic can not be read, and the block is wide';
    },
  };
}

/** True when the entry can hit more than one client. */
function isWide(entry: Entry): boolean {
  switch (entry.kind) {
    case 'ip4':
      return !entry.value.endsWith('/32');
    case 'ip6':
      return parseNetwork(entry.value)!.prefix < 64;
    case 'session':
    case 'account':
    case 'api_key':
      return false;
    default:
      return entry.byHand !== true;
  }
}
