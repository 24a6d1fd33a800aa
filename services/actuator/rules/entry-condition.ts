import { createHash } from 'node:crypto';
import { base32 } from '../../../lib/ids.ts';
import type { Entry, EntryKind } from '../edge.ts';
import { type EntryName, named } from '../entry-name.ts';
import { type Condition, equal, InexpressibleError } from './condition.ts';
import { conditionOf } from './signature-condition.ts';

/** The condition that an entry of a table of rules stands for. Throws InexpressibleError. */
export function entryCondition(entry: Pick<Entry, 'kind' | 'value' | 'target'>): Condition {
  switch (entry.kind) {
    case 'asn':
    case 'country':
    case 'ja3':
    case 'ja4':
      return equal(entry.kind, [entry.value]);
    case 'signature':
      if (entry.target.signature === null) throw new InexpressibleError('a signature without predicates');
      return conditionOf(entry.target.signature);
    default:
      throw new InexpressibleError(`no rule for ${entry.kind}`);
  }
}

export const ruleKinds = ['signature', 'ja3', 'ja4', 'asn', 'country'] as const;

/**
 * Names of rules: a vendor has no room for a signature, so a rule is named by a hash of edge and entry. Which entry that
 * is, is known from what is wanted now, what was seen before, and what ended lately.
 */
export interface RuleNames {
  /** 16 characters, a-z and 2-7. */
  idOf(entry: { readonly key: string }): string;
  learn(entries: Iterable<EntryName>): void;
  /** A rule that nothing explains is still ours, under a key of its own. */
  nameOf(id: string): EntryName;
}

export function createRuleNames(edge: string): RuleNames {
  const known = new Map<string, EntryName>();
  const idOf = ({ key }: { readonly key: string }): string =>
    base32(createHash('sha256').update(`${edge}\n${key}`).digest().subarray(0, 10));
  const rememberedAtMost = 20_000;
  return {
    idOf,
    learn(entries) {
      for (const { key, kind, value } of entries) {
        if (!(ruleKinds as readonly EntryKind[]).includes(kind)) continue;
        if (known.size >= rememberedAtMost) known.delete(known.keys().next().value!);
        known.set(idOf({ key }), { key, kind, value });
      }
    },
    nameOf: (id) => known.get(id) ?? named('signature', `rule ${id}`),
  };
}
