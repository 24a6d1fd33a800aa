import { createHash } from 'node:crypto';
import { formatNetwork, type Network } from '../../../lib/ip.ts';
import { isAddress } from '../entry-name.ts';
import { type Condition, cidrRange, isIn, type Refusal, refuseMatching } from './envoy-predicate.ts';
import { type EnvoyInputs, envoyCondition, type Rendered } from './envoy-signature.ts';
import { meaningOf, type PlacedEntry } from './placed-entry.ts';

/** What Envoy is given: one RBAC filter a resource of extension configuration discovery (ECDS). */

export interface EnvoyResource {
  readonly name: string;
  /** Of the content alone, so that all instances of Tidegate say the same. */
  readonly version: string;
  /** The answer to a request for it. */
  readonly body: string;
}

const configType = 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig';
const rbacType = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';
/** What is said of an address; a rule goes by its decision. */
const addressName = 'tidegate_address';
/** Metadata of tags: `envoy.filters.http.rbac`, `tidegate_shadow_effective_policy_id`. */
const shadowPrefix = 'tidegate_';

/** `tidegate.EDGE.addresses-3` */
export const resourceName = (edge: string, part: string): string => `tidegate.${edge}.${part}`;

export function envoyResource(name: string, filter: object): EnvoyResource {
  const resources = [{ '@type': configType, name, typed_config: { '@type': rbacType, ...filter } }];
  const version = createHash('sha256').update(JSON.stringify(resources)).digest('hex').slice(0, 16);
  return { name, version, body: JSON.stringify({ version_info: version, type_url: configType, resources }) };
}

const rangesOf = (entries: readonly PlacedEntry[]) =>
  entries.filter(isAddress).map(({ value }) => cidrRange(value));

/** A part of the addresses to refuse. Which decision is behind one of them is not in it: the list is long. */
export function addressFilter(entries: readonly PlacedEntry[], inputs: EnvoyInputs): object {
  const condition = isIn(inputs.source, rangesOf(entries));
  return asFilter('matcher', refuseMatching(false, [{ condition, name: addressName }]));
}

/** Signatures and single values to refuse, each under the name of its decision. */
export function ruleFilter(
  entries: readonly PlacedEntry[],
  exempt: readonly Network[],
  inputs: EnvoyInputs,
): object {
  return asFilter('matcher', refuseMatching(isExempt(exempt, inputs), refusalsOf(entries, inputs)));
}

/** Everything that is only marked: shadow rules, which write the decision into the request's metadata. */
export function tagFilter(
  entries: readonly PlacedEntry[],
  exempt: readonly Network[],
  inputs: EnvoyInputs,
): object {
  const addresses = { condition: isIn(inputs.source, rangesOf(entries)), name: addressName };
  const matcher = refuseMatching(isExempt(exempt, inputs), [addresses, ...refusalsOf(entries, inputs)]);
  return asFilter('shadow_matcher', matcher);
}

function asFilter(part: 'matcher' | 'shadow_matcher', matcher: object | null): object {
  if (matcher === null) return {};
  return part === 'matcher'
    ? { matcher }
    : { shadow_matcher: matcher, shadow_rules_stat_prefix: shadowPrefix };
}

const isExempt = (exempt: readonly Network[], { source }: EnvoyInputs): Condition =>
  isIn(
    source,
    exempt.map((network) => cidrRange(formatNetwork(network))),
  );

/** The condition of an entry that is no address. */
export function conditionOf(entry: PlacedEntry, inputs: EnvoyInputs): Rendered {
  const meant = meaningOf(entry);
  return meant === null ? { inexpressible: `Envoy holds no ${entry.kind}` } : envoyCondition(meant, inputs);
}

function refusalsOf(entries: readonly PlacedEntry[], inputs: EnvoyInputs): Refusal[] {
  return entries
    .filter((entry) => !isAddress(entry))
    .flatMap((entry) => {
      const rendered = conditionOf(entry, inputs);
      return 'inexpressible' in rendered ? [] : [{ condition: rendered.condition, name: entry.decisionId }];
    });
}
