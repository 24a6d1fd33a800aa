import type { Predicate } from '../../lib/contracts/generated.ts';
import { type SqlCondition, signatureSql } from '../../lib/signature/signature-sql.ts';

/** The newest versions of a campaign's signatures that are looked at: a long one has many. */
const versionsAtMost = 20;

/** The rows of `requests` that any of a campaign's signatures selects; null: none that can be told. */
export function campaignSql(
  signatures: readonly { readonly predicates: readonly Predicate[] }[],
): SqlCondition | null {
  const conditions = signatures
    .slice(-versionsAtMost)
    .map(({ predicates }, index) => signatureSql(predicates, `s${index}`))
    .filter((condition) => condition !== null);
  if (conditions.length === 0) return null;
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(' OR ')})`,
    params: Object.assign({}, ...conditions.map(({ params }) => params)),
  };
}
