import type { CountryCode, FieldToMatch, Statement, TextTransformation } from '@aws-sdk/client-wafv2';
import { type Condition, InexpressibleError, type RequestField } from '../rules/condition.ts';

/** Longest pattern of a RegexMatchStatement, and longest text of a ByteMatchStatement. */
const longestPattern = 512;
const longestText = 200;

/** A statement of a rule, and the web ACL capacity units it takes. */
export interface AwsStatement {
  readonly statement: Statement;
  /** As AWS counts them (developer guide, "Web ACL capacity units in AWS WAF"). */
  readonly units: number;
}

const none: TextTransformation[] = [{ Priority: 0, Type: 'NONE' }];
/** A path that is encoded, or wanders, means the same. Each transformation takes 10 units. */
const pathTransformations: TextTransformation[] = [
  { Priority: 0, Type: 'URL_DECODE' },
  { Priority: 1, Type: 'NORMALIZE_PATH' },
];

interface Field {
  readonly match: FieldToMatch;
  readonly transformations: TextTransformation[];
  readonly units: number;
}
const header = (name: string): Field => ({
  match: { SingleHeader: { Name: name } },
  transformations: none,
  units: 0,
});
const fields: { readonly [field in RequestField]?: Field } = {
  method: { match: { Method: {} }, transformations: none, units: 0 },
  path: { match: { UriPath: {} }, transformations: pathTransformations, units: 20 },
  ja3: { match: { JA3Fingerprint: { FallbackBehavior: 'NO_MATCH' } }, transformations: none, units: 0 },
  ja4: { match: { JA4Fingerprint: { FallbackBehavior: 'NO_MATCH' } }, transformations: none, units: 0 },
  host: header('host'),
  user_agent: header('user-agent'),
  accept_language: header('accept-language'),
  referer: header('referer'),
  cookie: header('cookie'),
};

/** The condition as a WAFv2 statement. Throws InexpressibleError. */
export function awsStatement(condition: Condition): AwsStatement {
  switch (condition.is) {
    case 'always':
      throw new InexpressibleError('selects every request');
    case 'never':
      throw new InexpressibleError('selects no request');
    case 'all':
      return joined('AndStatement', condition.of.map(awsStatement));
    case 'any':
      return joined('OrStatement', condition.of.map(awsStatement));
    case 'not': {
      const { statement, units } = awsStatement(condition.of);
      return { statement: { NotStatement: { Statement: statement } }, units };
    }
    case 'address':
      throw new InexpressibleError('addresses within a signature need an IP set of their own');
    case 'equal':
      return equalStatement(condition.field, condition.values);
    case 'prefix':
      return textStatement(condition.field, condition.values, 'STARTS_WITH');
    case 'present':
      return presentStatement(condition.field);
    case 'match':
      return matchStatement(condition);
  }
}

/** Requests of the condition, but not from the addresses of a set. */
export function sparing(of: AwsStatement, exemptSetArn: string): AwsStatement {
  const exempt: Statement = {
    NotStatement: { Statement: { IPSetReferenceStatement: { ARN: exemptSetArn } } },
  };
  return joined('AndStatement', [{ statement: exempt, units: 1 }, of]);
}

/** At most `limit` requests of an address within the window; what is above is stopped. */
export function rateBased(of: AwsStatement, limit: number, windowSec: 60 | 120 | 300 | 600): AwsStatement {
  return {
    statement: {
      RateBasedStatement: {
        Limit: limit,
        EvaluationWindowSec: windowSec,
        AggregateKeyType: 'IP',
        ScopeDownStatement: of.statement,
      },
    },
    units: of.units + 2,
  };
}

function joined(kind: 'AndStatement' | 'OrStatement', parts: readonly AwsStatement[]): AwsStatement {
  if (parts.length === 1) return parts[0]!;
  // One inside another of its kind is written as one.
  const flat = parts.flatMap(({ statement }) => statement[kind]?.Statements ?? [statement]);
  return {
    statement: { [kind]: { Statements: flat } },
    units: parts.reduce((sum, part) => sum + part.units, 0),
  };
}

function fieldOf(field: RequestField): Field {
  const found = fields[field];
  if (found === undefined) throw new InexpressibleError(`AWS WAF does not look at ${field}`);
  return found;
}

function equalStatement(field: RequestField, values: readonly string[]): AwsStatement {
  if (field === 'country') {
    // One code that AWS does not know would make it refuse the whole group.
    if (values.some((code) => !/^[A-Z]{2}$/.test(code)) || values.length > 50)
      throw new InexpressibleError('at most 50 countries of ISO 3166');
    return { statement: { GeoMatchStatement: { CountryCodes: values as CountryCode[] } }, units: 1 };
  }
  if (field === 'asn') {
    const numbers = values.map(Number);
    if (numbers.some((value) => !Number.isSafeInteger(value)) || numbers.length > 100)
      throw new InexpressibleError('at most 100 AS numbers');
    return { statement: { AsnMatchStatement: { AsnList: numbers } }, units: 1 };
  }
  return textStatement(field, values, 'EXACTLY');
}

function textStatement(
  field: RequestField,
  values: readonly string[],
  where: 'EXACTLY' | 'STARTS_WITH',
): AwsStatement {
  const { match, transformations, units } = fieldOf(field);
  return joined(
    'OrStatement',
    values.map((text) => {
      if (text.length > longestText)
        throw new InexpressibleError(`a text of ${text.length} characters: ${longestText} are allowed`);
      return {
        statement: {
          ByteMatchStatement: {
            SearchString: Buffer.from(text, 'utf8'),
            FieldToMatch: match,
            TextTransformations: transformations,
            PositionalConstraint: where,
          },
        },
        units: 2 + units,
      };
    }),
  );
}

function presentStatement(field: RequestField): AwsStatement {
  const { match, transformations, units } = fieldOf(field);
  if (!('SingleHeader' in match))
    throw new InexpressibleError(`AWS WAF can not tell whether ${field} is known`);
  return {
    statement: {
      SizeConstraintStatement: {
        FieldToMatch: match,
        ComparisonOperator: 'GT',
        Size: 0,
        TextTransformations: transformations,
      },
    },
    units: 1 + units,
  };
}

function matchStatement({ field, patterns, ignoreCase }: Condition & { is: 'match' }): AwsStatement {
  const { match, transformations, units } = fieldOf(field);
  return joined(
    'OrStatement',
    patterns.map((pattern) => {
      const text = (ignoreCase ? '(?i)' : '') + pattern;
      if (text.length > longestPattern)
        throw new InexpressibleError(`a pattern of ${text.length} characters: ${longestPattern} are allowed`);
      return {
        statement: {
          RegexMatchStatement: {
            RegexString: text,
            FieldToMatch: match,
            TextTransformations: transformations,
          },
        },
        units: 3 + units,
      };
    }),
  );
}
