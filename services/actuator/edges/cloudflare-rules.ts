import type { EntryKind, VendorEdgeDependencies } from '../edge.ts';
import { entryCondition } from '../rules/entry-condition.ts';
import { type ExemptSet, exemptNetworks } from '../rules/exempt-set.ts';
import { type RuleTable, type RuleText, rulesPart } from '../rules/rules-part.ts';
import type { EdgePart } from '../vendor/composed-edge.ts';
import { markOf, readMark } from '../vendor/ownership-mark.ts';
import { addressName, withoutHostLength } from '../vendor/vendor-entries.ts';
import type { CloudflareApi } from './cloudflare-api.ts';
import { cloudflareExpression } from './cloudflare-expression.ts';

export interface CloudflareRulesOptions {
  readonly ruleset_id: string;
  readonly capacity: number;
  readonly exempt_list: { readonly id: string; readonly name: string };
  readonly regex: boolean;
  readonly bot_management: boolean;
  readonly holds: readonly EntryKind[];
}

const refPrefix = 'tidegate_';
const actions: { readonly [action: string]: string } = { block: 'block', challenge: 'managed_challenge' };

/** Signatures as rules of a custom ruleset. Ours bear our mark in their description, and their hash in `ref`. */
export function cloudflareRulesPart(
  api: CloudflareApi,
  { name: edge, now, exempt, ended }: VendorEdgeDependencies,
  options: CloudflareRulesOptions,
): EdgePart {
  const { ruleset_id: ruleset, exempt_list: exemptList } = options;
  const dialect = { regex: options.regex, botManagement: options.bot_management };
  const body = ({ ruleId, decisionId, text, action }: RuleText) =>
    ({
      ref: refPrefix + ruleId,
      description: markOf(edge, decisionId),
      expression: text,
      action,
      enabled: true,
    }) as const;
  const table: RuleTable = {
    list: async (signal) =>
      (await api.rules(ruleset, signal)).map((rule) => {
        const isOurs = readMark(edge, rule.description) !== null && rule.ref?.startsWith(refPrefix) === true;
        return {
          handle: rule.id,
          ruleId: isOurs ? rule.ref!.slice(refPrefix.length) : null,
          text: rule.expression ?? '',
          action: rule.action ?? '',
          isOn: rule.enabled !== false,
        };
      }),
    add: (rule, signal) => api.addRule(ruleset, body(rule), signal),
    change: (handle, rule, signal) => api.changeRule(ruleset, handle, body(rule), signal),
    remove: (handle, signal) => api.removeRule(ruleset, handle, signal),
  };
  return rulesPart({
    edge,
    name: `ruleset ${ruleset}`,
    holds: options.holds,
    capacity: options.capacity,
    table,
    exempt: exemptListOf(api, edge, exemptList.id, () => exempt(now())),
    ended,
    actionOf: (entry) => actions[entry.action] ?? 'block',
    write: (entry) => {
      const text = cloudflareExpression(entryCondition(entry), dialect);
      return `${text} and not ip.src in $${exemptList.name}`;
    },
  });
}

function exemptListOf(
  api: CloudflareApi,
  edge: string,
  list: string,
  networks: () => Parameters<typeof exemptNetworks>[0],
): ExemptSet {
  let ids = new Map<string, string>();
  return {
    wanted: () => exemptNetworks(networks(), { shortestV4: 8, shortestV6: 12, longestV6: 64 }),
    async members(signal) {
      const items = await api.items(list, signal);
      ids = new Map(
        items
          .filter((item) => readMark(edge, item.comment) !== null)
          .map((item) => [addressName(item.ip ?? '').value, item.id]),
      );
      return [...ids.keys()];
    },
    add: (wanted, signal) =>
      api.addItems(
        list,
        wanted.map((network) => ({ ip: withoutHostLength(network), comment: markOf(edge, 'exempt') })),
        signal,
      ),
    remove: (surplus, signal) =>
      api.removeItems(
        list,
        surplus.flatMap((network) => ids.get(network) ?? []),
        signal,
      ),
  };
}
