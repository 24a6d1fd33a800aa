import type { SqlCondition } from '../../lib/signature/signature-sql.ts';
import { routeKeysSql, scopeKeySql } from './scope-key-sql.ts';

/**
 * The rows of `requests` where a campaign went on: at its endpoints, at these through its partners, or at its routes in any
 * place. null: its scopes are none of these.
 */
export function scopesSql(
  scopes: readonly { readonly kind: string; readonly key: string }[],
): SqlCondition | null {
  const keysOf = (wanted: string): string[] =>
    scopes.filter(({ kind }) => kind === wanted).map(({ key }) => key);
  const places = keysOf('endpoint');
  const through = keysOf('partner_endpoint');
  const routes = keysOf('route');
  if (places.length + through.length + routes.length === 0) return null;
  return {
    sql: `(${scopeKeySql} IN {places:Array(String)}
    OR concat(${scopeKeySql}, ' via ', partner_id) IN {through:Array(String)}
    OR hasAny(${routeKeysSql}, {routes:Array(String)}))`,
    params: { places, through, routes },
  };
}
