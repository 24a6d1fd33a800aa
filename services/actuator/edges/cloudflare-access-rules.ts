import type { Entry, EntryKind, ObservedEntry } from '../edge.ts';
import { type EntryName, named } from '../entry-name.ts';
import type { EdgePart } from '../vendor/composed-edge.ts';
import { markOf, readMark } from '../vendor/ownership-mark.ts';
import {
  addressName,
  type VendorEntries,
  vendorEntries,
  withoutHostLength,
} from '../vendor/vendor-entries.ts';
import type { CloudflareAccessRule, CloudflareApi } from './cloudflare-api.ts';

/** Networks that an access rule can name: single addresses, and these lengths. */
const v6Lengths = [128, 64, 48, 32];

/** IP Access Rules: one request an entry, so only for what lists can not hold. The note bears our mark. */
export function accessRulesPart(
  api: CloudflareApi,
  edge: string,
  options: { readonly kinds: readonly EntryKind[]; readonly capacity: number },
): EdgePart {
  let seen: VendorEntries = vendorEntries([]);

  return {
    pool: { name: 'access rules', holds: options.kinds, capacity: options.capacity },
    inexpressible: (entry) =>
      entry.kind === 'ip6' && !v6Lengths.includes(Number(entry.value.split('/')[1]))
        ? `access rules name IPv6 only as ${v6Lengths.map((length) => `/${length}`).join(', ')}`
        : null,
    async observe(signal) {
      const rules = await api.accessRules(signal);
      seen = vendorEntries(
        rules.flatMap((rule) => {
          const name = nameOf(rule);
          if (name === null || !options.kinds.includes(name.kind)) return [];
          const observed: ObservedEntry = {
            ...name,
            owner: readMark(edge, rule.notes) === null ? 'foreign' : 'ours',
            decisionId: null,
            action: rule.mode === 'block' ? 'block' : null,
            expiresAt: null,
          };
          return [{ id: rule.id, observed }];
        }),
      );
      return { entries: seen.entries, damaged: null };
    },
    async apply({ add, update, remove }, signal) {
      for (const entry of remove)
        for (const id of seen.idsOf(entry.key)) await api.removeAccessRule(id, signal);
      for (const entry of update)
        for (const id of seen.idsOf(entry.key)) await api.changeAccessRule(id, { mode: 'block' }, signal);
      for (const entry of add)
        await api.addAccessRule(
          { mode: 'block', configuration: configurationOf(entry), notes: markOf(edge, entry.decisionId) },
          signal,
        );
    },
  };
}

function configurationOf(entry: Entry): { readonly target: string; readonly value: string } {
  switch (entry.kind) {
    case 'asn':
      return { target: 'asn', value: `AS${entry.value}` };
    case 'country':
      return { target: 'country', value: entry.value };
    default: {
      const value = withoutHostLength(entry.value);
      return { target: value.includes('/') ? 'ip_range' : 'ip6', value };
    }
  }
}

function nameOf({ configuration: { target, value } }: CloudflareAccessRule): EntryName | null {
  switch (target) {
    case 'asn':
      return named('asn', value.replace(/^AS/i, ''));
    case 'country':
      return named('country', value.toUpperCase());
    case 'ip':
    case 'ip6':
    case 'ip_range':
      return addressName(value);
    default:
      return null;
  }
}
