import type { Signature } from '../../lib/contracts/generated.ts';
import { endpointTest, wordVariable } from '../../lib/path/word-family.ts';
import { valuesNamed } from '../../lib/signature/signature.ts';

interface Family<R> {
  readonly belongs: (endpoint: string) => boolean;
  readonly rules: Set<R>;
}

/** Rules found again by what they say of the endpoint: few of many concern a request. */
export class RulesByEndpoint<R> {
  readonly #anywhere = new Set<R>();
  readonly #byEndpoint = new Map<string, Set<R>>();
  /** By an endpoint with a variable word. */
  readonly #families = new Map<string, Family<R>>();

  add(signature: Signature | null, rule: R): void {
    for (const rules of this.#places(signature)) rules.add(rule);
  }

  delete(signature: Signature | null, rule: R): void {
    for (const rules of this.#places(signature)) rules.delete(rule);
    for (const endpoint of named(signature) ?? []) {
      if (this.#byEndpoint.get(endpoint)?.size === 0) this.#byEndpoint.delete(endpoint);
      if (this.#families.get(endpoint)?.rules.size === 0) this.#families.delete(endpoint);
    }
  }

  #places(signature: Signature | null): Set<R>[] {
    return named(signature)?.map((endpoint) => this.#of(endpoint)) ?? [this.#anywhere];
  }

  #of(endpoint: string): Set<R> {
    const family = endpoint.includes(wordVariable);
    const found = family ? this.#families.get(endpoint)?.rules : this.#byEndpoint.get(endpoint);
    if (found !== undefined) return found;
    const rules = new Set<R>();
    if (family) this.#families.set(endpoint, { belongs: endpointTest(endpoint), rules });
    else this.#byEndpoint.set(endpoint, rules);
    return rules;
  }

  /** Calls `visit` with every rule that may concern the endpoint (`METHOD template`). */
  visit(endpoint: string, visit: (rule: R) => void): void {
    this.#byEndpoint.get(endpoint)?.forEach(visit);
    for (const { belongs, rules } of this.#families.values()) if (belongs(endpoint)) rules.forEach(visit);
    this.#anywhere.forEach(visit);
  }
}

function named(signature: Signature | null): readonly string[] | null {
  return signature === null ? null : valuesNamed(signature, 'endpoint');
}
