import type { GroupKind } from '../groups.ts';
import type { FeatureSpec } from '../policies/policy-schema.ts';

/** How a behaviour reads in a policy: type and `of` of a feature, or a variable of conditions. */
export interface BehaviourFeature {
  readonly type: FeatureSpec['type'] | 'variable';
  readonly of?: string;
}

/**
 * Something that tells abuse from a crowd, as a named feature with its documentation: docs/reference/behaviours is made
 * of it. `policies/behaviours/<name>.yaml` is a policy in which it alone decides, with traffic that it must find and a
 * look-alike that it must leave alone.
 */
export interface Behaviour {
  /** Of the file, the page and the policy. */
  readonly name: string;
  readonly title: string;
  /** What is counted, against what. */
  readonly measures: string;
  readonly features: readonly BehaviourFeature[];
  /** Groups in which it makes sense. */
  readonly groups: readonly GroupKind[];
  readonly window: string;
  /** Fields without which it is unknown; `a|b`: either will do. */
  readonly needs: readonly string[];
  /** Honest traffic that looks like it, and why it is left alone. */
  readonly lookAlikes: readonly string[];
  /** What it can not see. */
  readonly blindSpot: string;
  /** OWASP API Top 10, OWASP OAT and ATT&CK, as tags of policies. */
  readonly tags: readonly string[];
}
