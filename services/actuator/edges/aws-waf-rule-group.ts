import { createHash } from 'node:crypto';
import type { Rule } from '@aws-sdk/client-wafv2';
import { base32 } from '../../../lib/ids.ts';
import { isV4 } from '../../../lib/ip.ts';
import type { ActionKind } from '../decider/actions.ts';
import { EdgeError, type Entry, type ObservedEntry, type VendorEdgeDependencies } from '../edge.ts';
import { expressed } from '../rules/condition.ts';
import { createRuleNames, entryCondition, ruleKinds } from '../rules/entry-condition.ts';
import { exemptNetworks } from '../rules/exempt-set.ts';
import type { EdgePart } from '../vendor/composed-edge.ts';
import { addressName } from '../vendor/vendor-entries.ts';
import type { GroupState } from './aws-waf-client.ts';
import { type AwsWafAccess, newSet, writeSet } from './aws-waf-ip-set.ts';
import { type AwsStatement, awsStatement, rateBased, sparing } from './aws-waf-statement.ts';

export interface RuleGroupOptions {
  readonly name: string;
  readonly id: string;
  readonly capacity: number;
  readonly exempt_ipv4: { readonly name: string; readonly id: string; readonly arn: string };
  readonly exempt_ipv6: { readonly name: string; readonly id: string; readonly arn: string };
  readonly rate_limit: { readonly requests: number; readonly window_seconds: 60 | 120 | 300 | 600 };
}

const prefix = 'tidegate-';
const actions: { readonly [letter: string]: ActionKind } = { b: 'block', c: 'challenge', r: 'rate_limit' };
const letterOf = (action: ActionKind): string =>
  Object.keys(actions).find((letter) => actions[letter] === action) ?? 'b';

/**
 * Signatures as rules of a group. The group is replaced as a whole under its lock token; a rule's name is a hash of its
 * entry, its action, and a hash of what it says. Capacity is counted in AWS's units, which a group has for good.
 */
export function ruleGroupPart(
  access: AwsWafAccess,
  { name: edge, now, exempt, ended }: VendorEdgeDependencies,
  options: RuleGroupOptions,
): EdgePart {
  const names = createRuleNames(edge);
  const { name, id } = options;
  const group: GroupState = { name, id, lockToken: null, description: undefined, visibility: undefined };
  const exemptSets = [newSet('ip4', options.exempt_ipv4), newSet('ip6', options.exempt_ipv6)] as const;
  let spared: readonly string[] = [];
  /** Rules that are there, for those that a guard holds back. */
  let present = new Map<string, Rule>();

  const written = (entry: Entry): AwsStatement => {
    let statement = awsStatement(entryCondition(entry));
    for (const { arn } of [options.exempt_ipv4, options.exempt_ipv6]) statement = sparing(statement, arn);
    if (entry.action !== 'rate_limit') return statement;
    return rateBased(statement, options.rate_limit.requests, options.rate_limit.window_seconds);
  };
  const costs = new WeakMap<Entry, number>();
  const slotsOf = (entry: Entry): number => {
    let cost = costs.get(entry);
    if (cost === undefined) {
      const statement = expressed(() => written(entry));
      cost = 'units' in statement ? statement.units : 1;
      costs.set(entry, cost);
    }
    return cost;
  };
  const nameOf = (entry: Entry, { statement }: AwsStatement): string => {
    const text = JSON.stringify(statement, (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    );
    const hash = base32(createHash('sha256').update(text).digest().subarray(0, 5));
    return `${prefix}${names.idOf(entry)}-${letterOf(entry.action)}-${hash}`;
  };
  const ruleOf = (entry: Entry, priority: number): Rule => {
    const statement = expressed(() => written(entry));
    if ('inexpressible' in statement)
      throw new EdgeError('invalid', `${entry.key}: ${statement.inexpressible}`);
    const ruleName = nameOf(entry, statement);
    return {
      Name: ruleName,
      Priority: priority,
      Statement: statement.statement,
      Action: entry.action === 'challenge' ? { Challenge: {} } : { Block: {} },
      VisibilityConfig: {
        SampledRequestsEnabled: true,
        CloudWatchMetricsEnabled: true,
        MetricName: ruleName,
      },
    };
  };
  const wantedExempt = (): string[] =>
    exemptNetworks(
      exempt(now()).filter(({ address, prefix: length }) => !isV4(address) || length >= 96),
      { shortestV4: 1, shortestV6: 1, longestV6: 128 },
    );

  return {
    pool: { name: `rule group ${name}`, holds: ruleKinds, capacity: options.capacity, slotsOf },
    inexpressible(entry) {
      const statement = expressed(() => written(entry));
      return 'inexpressible' in statement ? statement.inexpressible : null;
    },
    async observe(signal, wanted) {
      names.learn(ended());
      names.learn(wanted);
      const client = await access.client();
      const { rules, capacity } = await client.readGroup(group, signal);
      if (capacity < options.capacity)
        throw new EdgeError(
          'invalid',
          `rule group ${name} was created with ${capacity} units: set capacity to that`,
        );
      const shouldBe = new Map(wanted.map((entry) => [names.idOf(entry), entry]));
      present = new Map();
      let stale = 0;
      const entries = rules.map((rule): ObservedEntry => {
        const text = rule.Name ?? '';
        const [ruleId = '', letter = ''] = text.startsWith(prefix)
          ? text.slice(prefix.length).split('-')
          : [];
        const isOurs = ruleId !== '';
        const found = isOurs ? names.nameOf(ruleId) : null;
        const key = found?.key ?? `signature|rule ${text}`;
        present.set(key, rule);
        const entry = shouldBe.get(ruleId);
        const action = actions[letter] ?? null;
        if (entry !== undefined && action === entry.action) {
          const statement = expressed(() => written(entry));
          if ('units' in statement && nameOf(entry, statement) !== text) stale++;
        }
        return {
          key,
          kind: found?.kind ?? 'signature',
          value: found?.value ?? `rule ${text}`,
          owner: isOurs ? 'ours' : 'foreign',
          decisionId: null,
          action,
          expiresAt: null,
        };
      });
      spared = [];
      for (const set of exemptSets)
        spared = [...spared, ...(await client.read(set, signal)).map((text) => addressName(text).value)];
      const isSpared = [...spared].sort().join() === wantedExempt().sort().join();
      const damaged = [
        ...(isSpared ? [] : ['the sets of spared networks are not what they should be']),
        ...(stale === 0 ? [] : [`${stale} rules are not as they would be written now`]),
      ];
      return { entries, damaged: damaged.length === 0 ? null : damaged.join('; ') };
    },
    async apply({ content, retained }, signal) {
      const wanted = wantedExempt();
      for (const set of exemptSets) {
        const isOf = (network: string): boolean => network.includes(':') === (set.kind === 'ip6');
        const [should, is] = [wanted.filter(isOf).sort(), spared.filter(isOf).sort()];
        if (should.join() !== is.join()) await writeSet(access, set, should, signal);
      }
      const rules = content.map((entry, index) => ruleOf(entry, index));
      const again = retained.flatMap((entry) => present.get(entry.key) ?? []);
      rules.push(...again.map((rule, index) => ({ ...rule, Priority: rules.length + index })));
      await access.pace(signal);
      await (await access.client()).updateGroup(group, rules, signal);
    },
  };
}
