import { bySeverity } from '../choose-entries.ts';
import {
  type Edge,
  type EdgeDescriptor,
  EdgeError,
  type Entry,
  type Observed,
  type ObservedEntry,
  type Pool,
} from '../edge.ts';
import type { Plan } from '../reconcile.ts';

/** The share of a plan that one part of an edge is to carry out. */
export interface PartChange {
  readonly add: readonly Entry[];
  readonly update: readonly Entry[];
  readonly remove: readonly ObservedEntry[];
  /** Everything of the part after the change, for what is written as a whole: wanted entries, and those that stay. */
  /** The most severe first. */
  readonly content: readonly Entry[];
  readonly retained: readonly ObservedEntry[];
  /** Nothing of the part changes, but its state at the edge is not what it should be. */
  readonly rewrite: boolean;
}

/** One list, set or table of rules at a vendor. What it holds belongs to its pool alone. */
export interface EdgePart {
  readonly pool: Pool;
  observe(signal: AbortSignal, wanted: readonly Entry[]): Promise<Observed>;
  /** Removals before additions. */
  apply(change: PartChange, signal: AbortSignal): Promise<void>;
  inexpressible?(entry: Entry): string | null;
}

export type ComposedDescriptor = Omit<EdgeDescriptor, 'pools'>;

/** An edge of several parts. A part that fails does not keep the others from their changes; its fault is told. */
export function composedEdge(
  descriptor: ComposedDescriptor,
  parts: readonly EdgePart[],
  options: {
    readonly refuse?: (entry: Entry) => string | null;
    /** False where the parts do not go through vendor-http, which counts by status. */
    readonly countsRequests?: boolean;
    readonly close?: () => Promise<void>;
  } = {},
): Edge {
  const partOf = (kind: Entry['kind']) => parts.find((part) => part.pool.holds.includes(kind));
  /** Parts that the last look found damaged. */
  let damaged = new Set<EdgePart>();
  return {
    descriptor: { ...descriptor, pools: parts.map((part) => part.pool) },
    countsRequests: options.countsRequests ?? true,
    inexpressible: (entry) => options.refuse?.(entry) ?? partOf(entry.kind)?.inexpressible?.(entry) ?? null,
    async observe(signal, wanted = []) {
      const entries: ObservedEntry[] = [];
      const reasons: string[] = [];
      let pending: Observed['pending'] = null;
      const found = new Set<EdgePart>();
      for (const part of parts) {
        const observed = await part.observe(signal, wanted);
        entries.push(...observed.entries);
        if (observed.damaged !== null) {
          found.add(part);
          reasons.push(observed.damaged);
        }
        pending ??= observed.pending ?? null;
      }
      damaged = found;
      return { entries, damaged: reasons.length === 0 ? null : reasons.join('; '), pending };
    },
    async apply(plan: Plan, signal) {
      let fault: unknown = null;
      for (const part of parts) {
        const mine = <T extends { readonly kind: Entry['kind'] }>(all: readonly T[]) =>
          all.filter((entry) => part.pool.holds.includes(entry.kind));
        const change: PartChange = {
          add: mine(plan.add),
          update: mine(plan.update),
          remove: mine(plan.remove),
          content: bySeverity(mine(plan.content)),
          retained: mine(plan.retained),
          rewrite: plan.rewrite && damaged.has(part),
        };
        const changes = change.add.length + change.update.length + change.remove.length;
        if (changes === 0 && !change.rewrite) continue;
        try {
          await part.apply(change, signal);
        } catch (error) {
          if (!(error instanceof EdgeError) || signal.aborted) throw error;
          fault ??= error;
        }
      }
      if (fault !== null) throw fault;
    },
    close: options.close ?? (async () => {}),
  };
}
