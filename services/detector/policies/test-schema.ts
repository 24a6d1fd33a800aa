import { z } from 'zod';
import { parseDuration } from '../../../lib/duration.ts';

/** A number that must hold: `3`, or a comparison such as `">= 1"`. */
export interface Bound {
  readonly op: '=' | '>=' | '<=' | '>' | '<';
  readonly value: number;
}

export function holds({ op, value }: Bound, figure: number): boolean {
  switch (op) {
    case '=':
      return figure === value;
    case '>=':
      return figure >= value;
    case '<=':
      return figure <= value;
    case '>':
      return figure > value;
    case '<':
      return figure < value;
  }
}

const bound = (unit: '' | '%') =>
  z.union([z.number(), z.string()]).transform((input, context): Bound => {
    const match = /^(>=|<=|>|<|=)?\s*(\d+(?:\.\d+)?)(%?)$/.exec(String(input).trim());
    if (match === null || match[3] !== unit) {
      context.addIssue({
        code: 'custom',
        message: `not a ${unit === '%' ? 'share (use ">= 95%", "<= 1%")' : 'number (use 0, 1, ">= 1")'}: ${JSON.stringify(input)}`,
      });
      return z.NEVER;
    }
    const value = Number(match[2]);
    return { op: (match[1] ?? '=') as Bound['op'], value: unit === '%' ? value / 100 : value };
  });

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === null) {
    context.addIssue({ code: 'custom', message: `not a duration: ${JSON.stringify(text)} (use 5s, 2m)` });
    return z.NEVER;
  }
  return ms;
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Requests written down in a test, laid over what a scenario makes. */
const flow = z
  .strictObject({
    /** From and until when, counted from the start of the scenario. */
    from: duration,
    until: duration,
    per_second: z.number().positive(),
    /** What the truth about them is; decides what counts as attack and as honest. */
    label: z.enum(['attack', 'honest']).default('attack'),
    /**
     * An event as of the ndjson format, without `timestamp`. In texts `{n}` is the number of the request and `{n%50}`
     * the same modulo 50, `{random 1000}` a number below 1000; `client_ip` may be a network (`10.1.0.0/16`,
     * `2001:db8::/48`), then each request has an address of its own from it.
     */
    request: z.record(z.string(), z.union([scalar, z.record(z.string(), scalar)])),
  })
  .refine(({ from, until }) => until > from, { message: 'is not after from', path: ['until'] });
export type Flow = z.output<typeof flow>;

const generated = z.strictObject({
  /** A scenario of `tidegate generate`. */
  generate: z.string(),
  seed: z.number().int().min(0).default(7),
  minutes: z.number().positive().max(120).optional(),
  /** Honest requests a second, about. */
  rate: z.number().positive().max(10_000).default(20),
  intensity: z.number().positive().default(1),
  stealth: z.number().min(0).max(1).default(0.02),
  add: flow.array().default([]),
});
export type GeneratedInput = z.output<typeof generated>;

/**
 * One test of a policy: traffic, and what the policy must make of it, alone or with others. Campaigns and verdicts are
 * its own, decisions and what was stopped are everybody's.
 */
export const policyTest = z.strictObject({
  name: z.string().min(1),
  /** An ndjson(.gz) file beside the policy, or a scenario to generate. */
  input: z.union([z.string().min(1), generated]),
  /** Files of policies beside this one that are enforced with it: what it asks of campaigns is theirs. */
  with: z.string().min(1).array().default([]),
  /** An OpenAPI document beside the policy. */
  openapi: z.string().optional(),
  /** Start of the input that is only learned from. */
  warm_up: duration.optional(),
  expect: z.strictObject({
    /** Campaigns, of all kinds. */
    campaigns: bound('').optional(),
    /** Campaigns that asked for more than to observe. */
    acting: bound('').optional(),
    verdicts: bound('').optional(),
    /** Decisions on the subject of one address, network, account or signature. */
    decisions: bound('').optional(),
    /** From the first attack request to the first one that was stopped. */
    first_block_within: duration.optional(),
    /** Of the attack requests from 30 s after the first. */
    attack_stopped: bound('%').optional(),
    /** Of all honest requests. */
    honest_stopped: bound('%').optional(),
    /** A part of the key of a scope of some campaign. */
    scope: z.string().optional(),
    /** A part of the reason of some verdict or campaign. */
    reason: z.string().optional(),
  }),
});
export type PolicyTest = z.output<typeof policyTest>;
