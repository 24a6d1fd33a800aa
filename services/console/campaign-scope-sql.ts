import type { SqlCondition } from '../../lib/signature/signature-sql.ts';
import { scopeKeySql } from './scope-key-sql.ts';

/**
 * The rows of `requests` where a campaign went on: at its endpoints, or at these through its partners. null: its scopes
 * are neither.
 */
export function scopesSql(
  scopes: readonly { readonly kind: string; readonly key: string }[],
): SqlCondition | null {
  const keysOf = (wanted: string): string[] =>
    scopes.filter(({ kind }) => kind === wanted).map(({ key }) => key);
  const places = keysOf('endpoint');
  const through = keysOf('partner_endpoint');
  if (places.length + through.length === 0) return null;
  return {
    sql: `(${scopeKeySql} IN {places:Array(String)}
    OR concat(${scopeKeySql}, ' via ', partner_id) IN {through:Array(String)})`,
    params: { places, through },
  };
}
