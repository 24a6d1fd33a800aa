import type { Network } from '../../../lib/ip.ts';
import type { ActionKind } from '../decider/actions.ts';
import type { ObservedEntry } from '../edge.ts';
import { isAddress } from '../entry-name.ts';
import { spread } from '../spread.ts';
import { addressLine, renderNginxConfig } from './nginx-config.ts';
import type { NginxVariables } from './nginx-signature.ts';
import { asObserved, type PlacedEntry } from './placed-entry.ts';

/** What the include file holds. Addresses are rendered part by part: a change costs the part that it is in. */
export interface NginxContent {
  put(entry: PlacedEntry): void;
  remove(key: string): void;
  observed(): readonly ObservedEntry[];
  render(edge: string, exempt: readonly Network[], variables: NginxVariables): readonly Uint8Array[];
}

/** Parts of one group of addresses. */
const partCount = 16;

interface Part {
  readonly entries: Map<string, PlacedEntry>;
  /** Its lines; null: to be made anew. */
  bytes: Buffer | null;
}

export function createNginxContent(all: Iterable<PlacedEntry>): NginxContent {
  const entries = new Map<string, PlacedEntry>();
  const others = new Map<string, PlacedEntry>();
  /**
   * Addresses that begin alike stand together: nginx makes a tree of them, and one that goes to and fro in a tree of
   * 100,000 addresses from everywhere takes a third longer.
   */
  const addresses = new Map<ActionKind, Map<string, readonly Part[]>>();

  const partOf = ({ action, value }: PlacedEntry): Part => {
    let groups = addresses.get(action);
    if (groups === undefined) {
      groups = new Map();
      addresses.set(action, groups);
    }
    const group = value.slice(0, value.search(/[.:]/));
    let parts = groups.get(group);
    if (parts === undefined) {
      parts = Array.from({ length: partCount }, () => ({ entries: new Map(), bytes: null }));
      groups.set(group, parts);
    }
    return parts[Math.floor(spread(value) * partCount)]!;
  };
  const bytesOf = (part: Part): Buffer => {
    part.bytes ??= Buffer.from(Array.from(part.entries.values(), addressLine).join(''));
    return part.bytes;
  };
  const remove = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    if (others.delete(key)) return;
    const part = partOf(entry);
    part.entries.delete(key);
    part.bytes = null;
  };
  const put = (entry: PlacedEntry): void => {
    remove(entry.key);
    // What has no line is not there.
    if (isAddress(entry) && addressLine(entry) === '') return;
    entries.set(entry.key, entry);
    if (!isAddress(entry)) {
      others.set(entry.key, entry);
      return;
    }
    const part = partOf(entry);
    part.entries.set(entry.key, entry);
    part.bytes = null;
  };
  for (const entry of all) put(entry);
  return {
    put,
    remove,
    observed: () => Array.from(entries.values(), asObserved),
    render(edge, exempt, variables) {
      const lines = new Map<ActionKind, readonly Buffer[]>();
      for (const [action, groups] of addresses) {
        const filled = [...groups.values()].flat().filter((part) => part.entries.size > 0);
        if (filled.length > 0) lines.set(action, filled.map(bytesOf));
      }
      return renderNginxConfig(edge, { addresses: lines, others: [...others.values()] }, exempt, variables);
    },
  };
}
