import { overlaps, parseNetwork } from '../../lib/ip.ts';
import {
  type Edge,
  type EdgeDescriptor,
  EdgeError,
  type ObservedEntry,
} from '../../services/actuator/edge.ts';
import type { Plan } from '../../services/actuator/reconcile.ts';
import { plainDescriptor } from './edge-fixture.ts';

/** Entries that the simulated edge holds. */
export const capacity = 4;
const never = parseNetwork('10.0.0.0/8')!;

/** What can become of a call. `after`: the edge did it, and the answer was lost. `half`: it did a part of it. */
export type Fault = 'none' | 'before' | 'after' | 'half' | 'conflict' | 'throttled';

/** An edge in memory that fails as it is told, notes what must never happen, and shows changes late. */
export function simulatedEdge(options: {
  readonly content: readonly ObservedEntry[];
  readonly faults: readonly Fault[];
  readonly lock: EdgeDescriptor['lock'];
  readonly visibleWithinMs: number;
  /** It can be asked whether it is as it was left. */
  readonly tells?: boolean;
}) {
  const content = new Map(options.content.map((entry) => [entry.key, entry]));
  const foreign = options.content.filter(({ owner }) => owner === 'foreign').map(({ key }) => key);
  const faults = [...options.faults];
  const broken: string[] = [];
  const calls = { observe: 0, apply: 0 };
  let shown = [...content.values()];
  let shownAt = 0;
  let version = 0;
  let writing = 0;

  const check = (): void => {
    for (const key of foreign) if (!content.has(key)) broken.push(`foreign ${key} is gone`);
    if (content.size > Math.max(capacity, options.content.length)) broken.push(`${content.size} entries`);
    for (const entry of content.values())
      if (entry.owner === 'ours' && overlaps(parseNetwork(entry.value)!, never))
        broken.push(`${entry.value} must never be stopped`);
  };
  const write = (plan: Plan, half: boolean): void => {
    const cut = <T>(all: readonly T[]) => (half ? all.slice(0, Math.ceil(all.length / 2)) : all);
    for (const entry of cut(plan.remove)) content.delete(entry.key);
    if (half && plan.remove.length > 0) return;
    for (const { key, kind, value, decisionId, action, expiresAt } of cut([...plan.update, ...plan.add]))
      content.set(key, { key, kind, value, owner: 'ours', decisionId, action, expiresAt });
    version++;
    check();
  };
  /** One writer's view: it has the lock token of its own last look. */
  const open = (): Edge => {
    let token = -1;
    return {
      descriptor: {
        ...plainDescriptor,
        pools: [{ name: 'list', holds: ['ip4'], capacity }],
        lock: options.lock,
        scope: 'account',
        visibleWithinMs: options.visibleWithinMs,
      },
      async observe() {
        calls.observe++;
        const fault = faults.shift() ?? 'none';
        if (fault !== 'none') throw new EdgeError('unavailable', 'look failed');
        token = version;
        if (Date.now() >= shownAt) shown = [...content.values()];
        return { entries: shown, damaged: null };
      },
      async apply(plan, signal) {
        calls.apply++;
        const fault = faults.shift() ?? 'none';
        if (writing++ > 0) broken.push('two writers at once');
        await new Promise((resolve) => setImmediate(resolve));
        writing--;
        if (signal.aborted) throw new EdgeError('unavailable', 'stopped');
        if (fault === 'before') throw new EdgeError('unavailable', 'not reached');
        if (fault === 'throttled') throw new EdgeError('throttled', '429', { retryAfterMs: 1 });
        if (fault === 'conflict' || (options.lock === 'token' && token !== version))
          throw new EdgeError('conflict', 'another writer');
        write(plan, fault === 'half');
        shownAt = Date.now() + options.visibleWithinMs / 2;
        if (fault === 'after' || fault === 'half') throw new EdgeError('unavailable', 'answer lost');
        token = version;
      },
      ...(options.tells === true
        ? {
            async isAsKnown() {
              if ((faults.shift() ?? 'none') !== 'none') throw new EdgeError('unavailable', 'not answered');
              return token === version;
            },
          }
        : {}),
      close: async () => {},
    };
  };
  /** Somebody else changes the edge. */
  const meddle = (key: string, entry: ObservedEntry | null): void => {
    if (entry === null) content.delete(key);
    else content.set(key, entry);
    version++;
  };
  return { open, broken, calls, meddle, content: () => [...content.values()] };
}
