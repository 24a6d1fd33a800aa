import type { Predicate, Signature } from '../../../../lib/contracts/generated.ts';
import type { Scope } from '../site/scope.ts';

/** The predicate by which a signature holds at the endpoint of a scope. */
export function endpointPredicate({ traits: { method, template } }: Scope): Predicate {
  return { attribute: 'endpoint', op: 'in', values: [`${method} ${template}`] };
}

/** Whether a signature is about the endpoint of this predicate. */
export function holdsAt({ predicates }: Signature, endpoint: Predicate): boolean {
  return predicates.some(
    ({ attribute, values }) => attribute === endpoint.attribute && values[0] === endpoint.values[0],
  );
}

/** Whether a predicate says where a signature holds, and not what it selects there. */
export function isPlace({ attribute }: Predicate): boolean {
  return attribute === 'endpoint' || attribute === 'host';
}
