import type { Policy } from '../../policies/load-policies.ts';
import type { OpenCampaign } from './campaign-state.ts';
import type { ReduceSettings, SiteState, WatchedScope } from './site-state.ts';

/** A policy at a scope in one pane, be there a campaign yet or not. */
export interface PolicyAt {
  readonly state: SiteState;
  readonly watched: WatchedScope;
  readonly policy: Policy;
  readonly pane: number;
}

/** A campaign at one of its scopes in one pane: what everything that is decided about it there looks at. */
export interface CampaignAt extends PolicyAt {
  readonly settings: ReduceSettings;
  readonly campaign: OpenCampaign;
}
