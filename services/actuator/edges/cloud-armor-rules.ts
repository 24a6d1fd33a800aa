import { createHash } from 'node:crypto';
import { base32 } from '../../../lib/ids.ts';
import { isV4 } from '../../../lib/ip.ts';
import { EdgeError, type VendorEdgeDependencies } from '../edge.ts';
import { entryCondition, ruleKinds } from '../rules/entry-condition.ts';
import { type ExemptSet, exemptNetworks } from '../rules/exempt-set.ts';
import { type RuleTable, type RuleText, rulesPart } from '../rules/rules-part.ts';
import type { EdgePart } from '../vendor/composed-edge.ts';
import { addressName, withoutHostLength } from '../vendor/vendor-entries.ts';
import type { CloudArmorApi } from './cloud-armor-api.ts';
import { cloudArmorExpression } from './cloud-armor-expression.ts';

export interface CloudArmorRulesOptions {
  readonly policy: string;
  readonly first_priority: number;
  readonly capacity: number;
  readonly exempt_ipv4_group: string;
  readonly exempt_ipv6_group: string;
}

const shortName = (group: string): string => group.slice(group.lastIndexOf('/') + 1);

/**
 * Signatures as rules of a security policy, in a range of priorities of their own. A description has 64 characters:
 * room for a hash of the edge and one of the entry.
 */
export function cloudArmorRulesPart(
  api: CloudArmorApi,
  { name: edge, now, exempt, ended }: VendorEdgeDependencies,
  options: CloudArmorRulesOptions,
): EdgePart {
  const { policy, first_priority: first, capacity } = options;
  const prefix = `tidegate:${base32(createHash('sha256').update(edge).digest().subarray(0, 5))}:`;
  const groups = [options.exempt_ipv4_group, options.exempt_ipv6_group];
  let taken = new Set<number>();

  const written = (priority: number, { ruleId, text, action }: RuleText) => ({
    priority,
    action,
    description: prefix + ruleId,
    match: { expr: { expression: text } },
  });
  const table: RuleTable = {
    async list(signal) {
      const rules = await api.rules(policy, signal);
      taken = new Set(rules.map(({ priority }) => priority));
      // Rules outside our range are the owner's, and take nothing from it.
      return rules
        .filter(({ priority }) => priority >= first && priority < first + capacity)
        .map((rule) => ({
          handle: String(rule.priority),
          ruleId:
            rule.description?.startsWith(prefix) === true ? rule.description.slice(prefix.length) : null,
          text: rule.match?.expr?.expression ?? '',
          action: rule.action,
          isOn: rule.preview !== true,
        }));
    },
    async add(rule, signal) {
      let priority = first;
      while (taken.has(priority)) priority++;
      if (priority >= first + capacity)
        throw new EdgeError('full', `no priority is left between ${first} and ${first + capacity - 1}`);
      await api.addRule(policy, written(priority, rule), signal);
      taken.add(priority);
    },
    change: (handle, rule, signal) => api.patchRule(policy, written(Number(handle), rule), signal),
    async remove(handle, signal) {
      await api.removeRule(policy, Number(handle), signal);
      taken.delete(Number(handle));
    },
  };
  return rulesPart({
    edge,
    name: `policy ${shortName(policy)}`,
    holds: ruleKinds,
    capacity,
    table,
    exempt: exemptGroupsOf(api, options, () => exempt(now())),
    ended,
    actionOf: () => 'deny(403)',
    write: (entry) => cloudArmorExpression(entryCondition(entry), groups.map(shortName)).text,
  });
}

function exemptGroupsOf(
  api: CloudArmorApi,
  options: CloudArmorRulesOptions,
  networks: () => Parameters<typeof exemptNetworks>[0],
): ExemptSet {
  const isSix = (network: string): boolean => network.includes(':');
  const change = async (
    way: 'addItems' | 'removeItems',
    items: readonly string[],
    signal: AbortSignal,
  ): Promise<void> => {
    for (const [group, family] of [
      [options.exempt_ipv4_group, items.filter((network) => !isSix(network))],
      [options.exempt_ipv6_group, items.filter(isSix)],
    ] as const)
      await api.changeGroup(group, way, family.map(withoutHostLength), signal);
  };
  return {
    // A mapped network is IPv4 by another name.
    wanted: () =>
      exemptNetworks(
        networks().filter(({ address, prefix }) => !isV4(address) || prefix >= 96),
        { shortestV4: 1, shortestV6: 1, longestV6: 128 },
      ),
    async members(signal) {
      const both = [options.exempt_ipv4_group, options.exempt_ipv6_group];
      const found: string[] = [];
      for (const group of both)
        found.push(...((await api.group(group, signal)).items ?? []).map((text) => addressName(text).value));
      return found;
    },
    add: (wanted, signal) => change('addItems', wanted, signal),
    remove: (surplus, signal) => change('removeItems', surplus, signal),
  };
}
