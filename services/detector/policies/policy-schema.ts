import { z } from 'zod';
import { formatDuration, parseDuration } from '../../../lib/duration.ts';
import { groupFields } from '../groups.ts';
import {
  type AccountCountName,
  accountCountNames,
  type ClientCountName,
  type CountName,
  clientCountNames,
  countNames,
  type NetworkCountName,
  networkCountNames,
  type SketchName,
  sketchNames,
} from '../layout.ts';
import { unknownFields } from './required-fields.ts';
import { policyTest } from './test-schema.ts';

/** Panes are kept this long. */
export const paneSpanMs = 60_000;
/** Longest window of counts: whole minutes are kept this long, of groups that a policy asks it for. */
export const longestSpanMs = 3_600_000;

const duration = (longest: number) =>
  z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === null || ms < 1000 || ms > longest) {
      context.addIssue({
        code: 'custom',
        message: `not a duration between 1s and ${formatDuration(longest)}: ${text}`,
      });
      return z.NEVER;
    }
    return ms;
  });
const ttl = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) {
    context.addIssue({
      code: 'custom',
      message: `not a duration: ${JSON.stringify(text)} (use 10m, 1h, 24h)`,
    });
    return z.NEVER;
  }
  return ms;
});
const share = z.string().transform((text, context) => {
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number.NaN;
  if (!(value >= 0 && value <= 1)) {
    context.addIssue({ code: 'custom', message: `not a share: ${JSON.stringify(text)} (use 0.5%, 1%)` });
    return z.NEVER;
  }
  return value;
});

const requiredField = z.string().superRefine((text, context) => {
  for (const message of unknownFields(text)) context.addIssue({ code: 'custom', message });
});

const groupBy = z.enum(groupFields).array().min(1);
const feature = z.discriminatedUnion('type', [
  /** Requests per second. */
  z.strictObject({ type: z.literal('event_count'), 'group-by': groupBy, timespan: duration(longestSpanMs) }),
  /** Share of the requests that are `of`, among those where it is known; null when it is known of none. */
  z.strictObject({
    type: z.literal('ratio'),
    of: z.enum(countNames),
    'group-by': groupBy,
    timespan: duration(longestSpanMs),
  }),
  /** Requests of the group in all requests of the site. */
  z.strictObject({ type: z.literal('share'), 'group-by': groupBy, timespan: duration(paneSpanMs) }),
  /** Number of distinct values. */
  z.strictObject({
    type: z.literal('value_count'),
    of: z.enum(sketchNames),
    'group-by': groupBy,
    timespan: duration(paneSpanMs),
  }),
  /**
   * Share of the values of the last ten seconds or so that the rest of the window had not shown; null until both have
   * some.
   */
  z.strictObject({
    type: z.literal('growth'),
    of: z.enum(sketchNames),
    'group-by': groupBy,
    timespan: duration(paneSpanMs),
  }),
  /** A figure of the last minute of one address. */
  z.strictObject({ type: z.literal('client'), of: z.enum(clientCountNames), 'group-by': groupBy }),
  /** A figure of the last minute of one network. */
  z.strictObject({ type: z.literal('network'), of: z.enum(networkCountNames), 'group-by': groupBy }),
  /** A figure of the last hour of one account. */
  z.strictObject({ type: z.literal('account'), of: z.enum(accountCountNames), 'group-by': groupBy }),
]);
export type FeatureDocument = z.output<typeof feature>;

const actionKind = z.enum(['observe', 'tag', 'rate_limit', 'challenge', 'block']);

const action = z
  .strictObject({
    kind: actionKind,
    /** When no signature meets the collateral budget. */
    fallback: actionKind.default('observe'),
    /** For everyone but the good at a whole endpoint: who is stopped wrongly can show to be a person. */
    'everyone-but-good': actionKind.default('challenge'),
    ttl: ttl,
    /** How long instead the second time, the third and so on; each time after the last as the last. */
    escalate: z.array(ttl).default([]),
  })
  .superRefine(({ ttl, escalate }, context) => {
    for (const [index, ms] of escalate.entries()) {
      const before = escalate[index - 1] ?? ttl;
      if (ms < before)
        context.addIssue({
          code: 'custom',
          message: `${formatDuration(ms)} is shorter than the ${formatDuration(before)} before it: each time stops longer`,
          path: ['escalate', index],
        });
    }
  });

/** One policy file: Sigma's header, features, a CEL condition, what to do. */
export const policySchema = z.strictObject({
  title: z.string().min(1),
  id: z.uuid(),
  status: z.enum(['experimental', 'test', 'stable']),
  level: z.enum(['informational', 'low', 'medium', 'high', 'critical']),
  description: z.string(),
  references: z.array(z.string()).default([]),
  author: z.string().default(''),
  date: z.string().default(''),
  tags: z.array(z.string()).default([]),
  falsepositives: z.array(z.string()).default([]),
  mode: z.enum(['enforce', 'simulate', 'off']).default('enforce'),
  /** Fields of the input without which the policy can not fire; `a|b`: one of them is enough. */
  requires: z.array(requiredField).default([]),
  /** CEL over `endpoint` (function, method, template, documented): which groups the policy looks at. */
  match: z.string().default('true'),
  features: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), feature),
  /** CEL over the features, once per group and pane. See docs/reference for normal(), excess(), surprise(). */
  condition: z.string(),
  /**
   * CEL as the condition, where it may hold sooner: a campaign is opened if attributes alone tell its excess from people, who
   * have to be spared by none of its signatures (reduce/campaigns/open-sooner.ts).
   */
  sooner: z.string().optional(),
  /**
   * CEL as the condition: what shows that it was none. A campaign for which it holds ends at once and lets go of all that
   * it stops; while it holds, none is opened.
   */
  refuted: z.string().optional(),
  campaign: z
    .strictObject({
      kind: z.string().default('abuse'),
      signature: z.enum(['edge', 'none']).default('edge'),
      /** Of the good traffic at the attacked endpoint, at most: upper 95 % bound. */
      'max-collateral': share.default(0.01),
      /** The same for "everyone but those who behaved well before"; mined rules that spare these: at most twice the former. */
      'max-collateral-except-good': share.default(0.05),
      /** Signatures hold at endpoints for the same thing (web and app) too, before the attack moves there. */
      'follow-analogues': z.boolean().default(true),
    })
    .prefault({}),
  action,
  /** Run by `tidegate policies test`. */
  tests: policyTest.array().default([]),
});

export type PolicyDocument = z.output<typeof policySchema>;

/** What a feature measures, without its name: policies that measure the same share one figure and one baseline. */
export type FeatureSpec =
  | { readonly type: 'event_count'; readonly spanMs: number }
  | { readonly type: 'share'; readonly spanMs: number }
  | { readonly type: 'ratio'; readonly of: CountName; readonly spanMs: number }
  | { readonly type: 'value_count'; readonly of: SketchName; readonly spanMs: number }
  | { readonly type: 'growth'; readonly of: SketchName; readonly spanMs: number }
  | { readonly type: 'client'; readonly of: ClientCountName; readonly spanMs: number }
  | { readonly type: 'network'; readonly of: NetworkCountName; readonly spanMs: number }
  | { readonly type: 'account'; readonly of: AccountCountName; readonly spanMs: number };

export function specOf(feature: FeatureDocument): FeatureSpec {
  switch (feature.type) {
    case 'client':
      return { type: 'client', of: feature.of, spanMs: feature.of.endsWith('_20s') ? 20_000 : 60_000 };
    case 'network':
      return { type: 'network', of: feature.of, spanMs: 60_000 };
    case 'account':
      return { type: 'account', of: feature.of, spanMs: feature.of.endsWith('_10m') ? 600_000 : 3_600_000 };
    case 'event_count':
    case 'share':
      return { type: feature.type, spanMs: feature.timespan };
    case 'ratio':
      return { type: 'ratio', of: feature.of, spanMs: feature.timespan };
    case 'value_count':
    case 'growth':
      return { type: feature.type, of: feature.of, spanMs: feature.timespan };
  }
}

export function featureKey(spec: FeatureSpec): string {
  return `${spec.type}:${'of' in spec ? spec.of : ''}:${spec.spanMs}`;
}
