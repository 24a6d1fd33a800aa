import { withoutOperation } from '../../../../lib/path/operations.ts';

/**
 * A route is one method and path template on all hosts of a site that serve it: the log-in of forty tenants, the API that
 * one aggregator offers for many banks. What goes on a little everywhere shows there and nowhere else.
 */

export interface ScopeName {
  readonly kind: string;
  readonly key: string;
}

interface EndpointParts {
  /** Key of the route, `METHOD *template`: no endpoint has it. */
  readonly route: string;
  readonly host: string;
}

/** @param key `METHOD host/template` */
export function endpointParts(key: string): EndpointParts {
  const host = key.indexOf(' ') + 1;
  const template = Math.max(host, key.indexOf('/', host));
  return { route: `${key.slice(0, host)}*${key.slice(template)}`, host: key.slice(host, template) };
}

/**
 * Whether what is true of one scope is true of another: it is the same, or its endpoint on one of the hosts, or one of its
 * operations.
 */
export function covers(taken: ScopeName, { kind, key }: ScopeName): boolean {
  if (taken.kind === kind)
    return taken.key === key || (kind === 'endpoint' && taken.key === withoutOperation(key));
  if (taken.kind !== 'route' || kind !== 'endpoint') return false;
  return endpointParts(withoutOperation(key)).route === taken.key;
}

/** Whether requests of one scope are requests of the other: either covers the other. */
export function overlaps(one: ScopeName, other: ScopeName): boolean {
  return covers(one, other) || covers(other, one);
}

/** Whether `scope` is an operation of an endpoint. */
export function isOperationOf(endpoint: ScopeName, scope: ScopeName): boolean {
  return scope.kind === 'endpoint' && scope.key !== endpoint.key && covers(endpoint, scope);
}
