import { EdgeError, type EntryKind } from '../edge.ts';
import { named } from '../entry-name.ts';
import type { EdgePart } from '../vendor/composed-edge.ts';
import { markOf, readMark } from '../vendor/ownership-mark.ts';
import {
  addressName,
  type VendorEntries,
  vendorEntries,
  withoutHostLength,
} from '../vendor/vendor-entries.ts';
import type { CloudflareApi, CloudflareItem, NewCloudflareItem } from './cloudflare-api.ts';

export interface ListOptions {
  readonly list: string;
  readonly kind: 'ip' | 'asn';
  readonly holds: readonly EntryKind[];
  readonly capacity: number;
}

/** One Cloudflare list. A comment can not be changed afterwards, so a later decision keeps the mark of the first. */
export function listPart(api: CloudflareApi, edge: string, options: ListOptions): EdgePart {
  const { list, kind } = options;
  let isChecked = false;
  let seen: VendorEntries = vendorEntries([]);

  const nameOf = (item: CloudflareItem) =>
    kind === 'asn' ? named('asn', String(item.asn)) : addressName(item.ip ?? '');
  return {
    pool: { name: `list ${list}`, holds: options.holds, capacity: options.capacity },
    async observe(signal) {
      if (!isChecked) {
        const actual = await api.kindOf(list, signal);
        if (actual !== kind) throw new EdgeError('invalid', `list ${list} is of kind ${actual}, not ${kind}`);
        isChecked = true;
      }
      const items = await api.items(list, signal);
      seen = vendorEntries(
        items.map((item) => ({
          id: item.id,
          observed: {
            ...nameOf(item),
            owner: readMark(edge, item.comment) === null ? 'foreign' : 'ours',
            decisionId: null,
            action: null,
            expiresAt: null,
          },
        })),
      );
      return { entries: seen.entries, damaged: null };
    },
    async apply({ add, remove }, signal) {
      // Emptying a list by writing an empty one is refused by Cloudflare; ids are deleted instead.
      const ids = remove.flatMap((entry) => seen.idsOf(entry.key));
      await api.removeItems(list, ids, signal);
      const items = add.map((entry): NewCloudflareItem => {
        const comment = markOf(edge, entry.decisionId);
        return kind === 'asn'
          ? { asn: Number(entry.value), comment }
          : { ip: withoutHostLength(entry.value), comment };
      });
      await api.addItems(list, items, signal);
    },
    inexpressible(entry) {
      if (entry.kind === 'ip4' && Number(entry.value.split('/')[1]) < 8) return 'IPv4 only from /8';
      if (entry.kind === 'ip6' && Number(entry.value.split('/')[1]) < 12) return 'IPv6 only from /12';
      return null;
    },
  };
}
