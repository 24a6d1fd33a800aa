import { paneMs } from '../layout.ts';
import type { PoliciesInForce, PolicyTimeline } from '../policies/timeline.ts';
import { GroupPlan } from './group-plan.ts';

/** What the policies that hold for a pane ask for, worked out once for each set. */
export class GroupPlans {
  readonly #policies: PolicyTimeline;
  readonly #plans = new WeakMap<PoliciesInForce, GroupPlan>();

  constructor(policies: PolicyTimeline) {
    this.#policies = policies;
  }

  #of(set: PoliciesInForce): GroupPlan {
    let plan = this.#plans.get(set);
    if (plan === undefined) {
      plan = new GroupPlan(set.policies);
      this.#plans.set(set, plan);
    }
    return plan;
  }

  at(paneStart: number): GroupPlan {
    return this.#of(this.#policies.at(paneStart));
  }

  /** Whether a policy that holds for a pane before `until` asks for re-keyed groups. */
  rekeysBefore(until: number): boolean {
    const sets = [this.#policies.at(-Infinity), ...this.#policies.between(-Infinity, until - paneMs)];
    return sets.some((set) => this.#of(set).rekeys);
  }
}
