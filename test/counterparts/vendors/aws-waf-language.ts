import type { FieldToMatch, Rule, Statement } from '@aws-sdk/client-wafv2';
import { z } from 'zod';
import type { RequestView } from '../../../services/actuator/rules/condition.ts';
import { regularExpression } from './cloudflare-language.ts';

/**
 * What AWS checks about the rules of a group and moto does not: names, priorities, the form and nesting of statements,
 * lengths, and the capacity units, counted here from the developer guide's table; and what a statement means for a
 * request. For tests.
 */

const transformations = z
  .array(z.strictObject({ Priority: z.int().min(0), Type: z.enum(['NONE', 'URL_DECODE', 'NORMALIZE_PATH']) }))
  .min(1)
  .max(10);
const field = z.union([
  z.strictObject({ SingleHeader: z.strictObject({ Name: z.string().min(1).max(64) }) }),
  z.strictObject({ Method: z.strictObject({}) }),
  z.strictObject({ UriPath: z.strictObject({}) }),
  z.strictObject({ JA3Fingerprint: z.strictObject({ FallbackBehavior: z.enum(['MATCH', 'NO_MATCH']) }) }),
  z.strictObject({ JA4Fingerprint: z.strictObject({ FallbackBehavior: z.enum(['MATCH', 'NO_MATCH']) }) }),
]);
const bytes = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length > 0 && value.length <= 200,
);

const statement: z.ZodType = z.lazy(() =>
  z.union([
    z.strictObject({ AndStatement: z.strictObject({ Statements: z.array(statement).min(2) }) }),
    z.strictObject({ OrStatement: z.strictObject({ Statements: z.array(statement).min(2) }) }),
    z.strictObject({ NotStatement: z.strictObject({ Statement: statement }) }),
    z.strictObject({
      GeoMatchStatement: z.strictObject({ CountryCodes: z.array(z.string().regex(/^[A-Z]{2}$/)).min(1) }),
    }),
    z.strictObject({
      AsnMatchStatement: z.strictObject({
        AsnList: z.array(z.int().min(0).max(4_294_967_295)).min(1).max(100),
      }),
    }),
    z.strictObject({ IPSetReferenceStatement: z.strictObject({ ARN: z.string().min(20).max(2048) }) }),
    z.strictObject({
      ByteMatchStatement: z.strictObject({
        SearchString: bytes,
        FieldToMatch: field,
        TextTransformations: transformations,
        PositionalConstraint: z.literal(['EXACTLY', 'STARTS_WITH']),
      }),
    }),
    z.strictObject({
      RegexMatchStatement: z.strictObject({
        RegexString: z.string().min(1).max(512),
        FieldToMatch: field,
        TextTransformations: transformations,
      }),
    }),
    z.strictObject({
      SizeConstraintStatement: z.strictObject({
        FieldToMatch: field,
        ComparisonOperator: z.literal('GT'),
        Size: z.int().min(0),
        TextTransformations: transformations,
      }),
    }),
  ]),
);
const rateBased = z.strictObject({
  RateBasedStatement: z.strictObject({
    Limit: z.int().min(10).max(2_000_000_000),
    EvaluationWindowSec: z.literal([60, 120, 300, 600]),
    AggregateKeyType: z.literal('IP'),
    ScopeDownStatement: statement,
  }),
});
const name = z.string().regex(/^[0-9A-Za-z_-]{1,128}$/);
const rule = z.strictObject({
  Name: name,
  Priority: z.int().min(0),
  // A rate-based statement stands at the top or nowhere.
  Statement: z.union([rateBased, statement]),
  Action: z.union([
    z.strictObject({ Block: z.strictObject({}) }),
    z.strictObject({ Challenge: z.strictObject({}) }),
  ]),
  VisibilityConfig: z.strictObject({
    SampledRequestsEnabled: z.boolean(),
    CloudWatchMetricsEnabled: z.boolean(),
    MetricName: name,
  }),
});

/** Throws like AWS would refuse the rules; answers the units they take. */
export function checkRules(rules: readonly Rule[], capacity: number): number {
  const parsed = z.array(rule).max(1000).safeParse(rules);
  if (!parsed.success) throw new Error(`WAFInvalidParameterException: ${z.prettifyError(parsed.error)}`);
  for (const part of ['Name', 'Priority'] as const)
    if (new Set(rules.map((one) => one[part])).size < rules.length)
      throw new Error(`WAFInvalidParameterException: two rules with the same ${part}`);
  const units = rules.reduce((sum, one) => sum + unitsOf(one.Statement!), 0);
  if (units > capacity) throw new Error(`WAFLimitsExceededException: ${units} units, capacity ${capacity}`);
  return units;
}

/** Web ACL capacity units of a statement. */
export function unitsOf(of: Statement): number {
  const many = of.AndStatement?.Statements ?? of.OrStatement?.Statements;
  if (many !== undefined) return many.reduce((sum, part) => sum + unitsOf(part), 0);
  if (of.NotStatement) return unitsOf(of.NotStatement.Statement!);
  if (of.RateBasedStatement) return 2 + unitsOf(of.RateBasedStatement.ScopeDownStatement!);
  if (of.GeoMatchStatement || of.AsnMatchStatement || of.IPSetReferenceStatement) return 1;
  const inspected = of.ByteMatchStatement ?? of.RegexMatchStatement ?? of.SizeConstraintStatement!;
  const changes = inspected.TextTransformations!.filter(({ Type }) => Type !== 'NONE').length;
  return (of.ByteMatchStatement ? 2 : of.RegexMatchStatement ? 3 : 1) + 10 * changes;
}

function textOf(request: RequestView, of: FieldToMatch): string | undefined {
  if (of.Method) return request.method;
  if (of.UriPath) return request.path;
  if (of.JA3Fingerprint) return request.ja3;
  if (of.JA4Fingerprint) return request.ja4;
  const byName: { readonly [header: string]: string | undefined } = {
    host: request.host,
    'user-agent': request.user_agent,
    'accept-language': request.accept_language,
    referer: request.referer,
    cookie: request.cookie,
  };
  return byName[of.SingleHeader!.Name!];
}

/** Whether a request matches; `inSet` answers for referenced IP sets. */
export function matches(of: Statement, request: RequestView, inSet: (arn: string) => boolean): boolean {
  const inner = (part: Statement) => matches(part, request, inSet);
  if (of.AndStatement) return of.AndStatement.Statements!.every(inner);
  if (of.OrStatement) return of.OrStatement.Statements!.some(inner);
  if (of.NotStatement) return !inner(of.NotStatement.Statement!);
  if (of.GeoMatchStatement)
    return (of.GeoMatchStatement.CountryCodes as string[]).includes(request.country ?? '');
  if (of.AsnMatchStatement) return of.AsnMatchStatement.AsnList!.includes(Number(request.asn ?? -1));
  if (of.IPSetReferenceStatement) return inSet(of.IPSetReferenceStatement.ARN!);
  const inspected = of.ByteMatchStatement ?? of.RegexMatchStatement ?? of.SizeConstraintStatement!;
  const text = textOf(request, inspected.FieldToMatch!);
  if (text === undefined) return false;
  if (of.ByteMatchStatement) {
    const wanted = Buffer.from(of.ByteMatchStatement.SearchString!).toString('utf8');
    return of.ByteMatchStatement.PositionalConstraint === 'EXACTLY'
      ? wanted === text
      : text.startsWith(wanted);
  }
  if (of.RegexMatchStatement) return regularExpression(of.RegexMatchStatement.RegexString!).test(text);
  return text.length > 0;
}
