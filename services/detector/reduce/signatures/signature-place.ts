import type { Predicate, Signature } from '../../../../lib/contracts/generated.ts';
import { valuesNamed } from '../../../../lib/signature/signature.ts';
import { routesOf } from '../site/route.ts';
import { placesOf } from '../site/routes.ts';
import type { Scope } from '../site/scope.ts';
import type { SiteState } from '../site/site-state.ts';

/** Every signature begins with where it holds. */
export function scopePredicates(state: SiteState, scope: Scope): Predicate[] {
  const { endpoints, hosts } = placesOf(state, scope);
  return [
    { attribute: 'endpoint', op: 'in', values: [...endpoints] },
    ...(hosts.length === 0 ? [] : [{ attribute: 'host', op: 'in', values: [...hosts] }]),
  ];
}

/** Whether a signature is about the endpoint of the scope, on its host, or about one of its route. */
export function holdsAt(signature: Signature, { kind, key, traits }: Scope): boolean {
  const named = valuesNamed(signature, 'endpoint') ?? [];
  if (kind === 'route') return named.some((endpoint) => routesOf(endpoint).includes(key));
  const hosts = valuesNamed(signature, 'host');
  return named.includes(`${traits.method} ${traits.template}`) && (hosts?.includes(traits.host) ?? true);
}

/** Whether a predicate says where a signature holds, and not what it selects there. */
export function isPlace({ attribute }: Predicate): boolean {
  return attribute === 'endpoint' || attribute === 'host';
}

/** What a signature selects by, beside where it holds. */
export function tellingOf({ predicates }: Signature): Predicate[] {
  return predicates.filter((predicate) => !isPlace(predicate));
}

/** What software is told by. */
const ofSoftware: ReadonlySet<string> = new Set(['ja3', 'ja4', 'user_agent', 'product']);

export const namesSoftware = ({ attribute, op }: Predicate): boolean =>
  op === 'in' && ofSoftware.has(attribute);
