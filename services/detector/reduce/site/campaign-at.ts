import type { Policy } from '../../policies/load-policies.ts';
import type { OpenCampaign } from './campaign-state.ts';
import type { ReduceSettings, SiteState, WatchedScope } from './site-state.ts';

/** A campaign at one of its scopes in one pane: what everything that is decided about it there looks at. */
export interface CampaignAt {
  readonly state: SiteState;
  readonly settings: ReduceSettings;
  readonly campaign: OpenCampaign;
  readonly watched: WatchedScope;
  readonly policy: Policy;
  readonly pane: number;
}
