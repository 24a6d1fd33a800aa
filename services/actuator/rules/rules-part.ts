import { EdgeError, type Entry, type EntryKind, type ObservedEntry } from '../edge.ts';
import type { EdgePart, PartChange } from '../vendor/composed-edge.ts';
import { expressed } from './condition.ts';
import { createRuleNames } from './entry-condition.ts';
import type { ExemptSet } from './exempt-set.ts';

/** A rule as we would write it. */
export interface RuleText {
  readonly ruleId: string;
  readonly decisionId: string;
  readonly text: string;
  /** In the vendor's words. */
  readonly action: string;
}

/** A rule that is there. */
export interface FoundRule {
  /** What the vendor changes and deletes it by. */
  readonly handle: string;
  /** null: it bears no mark of this edge. */
  readonly ruleId: string | null;
  readonly text: string;
  readonly action: string;
  readonly isOn: boolean;
}

/** A vendor's table of rules whose texts are expressions. All methods throw EdgeError. */
export interface RuleTable {
  list(signal: AbortSignal): Promise<readonly FoundRule[]>;
  add(rule: RuleText, signal: AbortSignal): Promise<void>;
  change(handle: string, rule: RuleText, signal: AbortSignal): Promise<void>;
  remove(handle: string, signal: AbortSignal): Promise<void>;
}

export interface RulesPartOptions {
  readonly edge: string;
  readonly name: string;
  readonly holds: readonly EntryKind[];
  readonly capacity: number;
  readonly table: RuleTable;
  readonly exempt: ExemptSet;
  /** The expression of an entry, sparing the exempt set. Throws InexpressibleError. */
  readonly write: (entry: Entry) => string;
  readonly actionOf: (entry: Entry) => string;
  readonly ended: () => readonly Entry[];
}

/** Rules of ours in a table that the owner created. The exempt set is in step before a rule is added. */
export function rulesPart(options: RulesPartOptions): EdgePart {
  const { table, exempt } = options;
  const names = createRuleNames(options.edge);
  let handles = new Map<string, string[]>();
  /** Wanted rules that are there, but not as they should be. */
  let stale = new Map<string, Entry>();
  let members: readonly string[] = [];

  const ruleOf = (entry: Entry): RuleText => {
    const text = expressed(() => options.write(entry));
    if (typeof text !== 'string') throw new EdgeError('invalid', `${entry.key}: ${text.inexpressible}`);
    return { ruleId: names.idOf(entry), decisionId: entry.decisionId, text, action: options.actionOf(entry) };
  };
  return {
    pool: { name: options.name, holds: options.holds, capacity: options.capacity },
    inexpressible(entry) {
      const text = expressed(() => options.write(entry));
      return typeof text === 'string' ? null : text.inexpressible;
    },
    async observe(signal, wanted) {
      names.learn(options.ended());
      names.learn(wanted);
      const byId = new Map(wanted.map((entry) => [names.idOf(entry), entry]));
      handles = new Map();
      stale = new Map();
      const entries = new Map<string, ObservedEntry>();
      for (const { handle, ruleId, text, action, isOn } of await table.list(signal)) {
        if (ruleId === null) {
          const value = `rule ${handle}`;
          const key = `signature|${value}`;
          entries.set(key, foreignRule(key, value));
          continue;
        }
        const name = names.nameOf(ruleId);
        handles.set(name.key, [...(handles.get(name.key) ?? []), handle]);
        const entry = byId.get(ruleId);
        if (entry !== undefined) {
          const should = expressed(() => options.write(entry));
          if (should !== text || action !== options.actionOf(entry) || !isOn) stale.set(name.key, entry);
        }
        entries.set(name.key, { ...foreignRule(name.key, name.value), kind: name.kind, owner: 'ours' });
      }
      members = await exempt.members(signal);
      const isSpared = sameSet(members, exempt.wanted());
      const damaged = [
        ...(isSpared ? [] : ['the list of spared networks is not what it should be']),
        ...(stale.size === 0 ? [] : [`${stale.size} rules are not as they were written`]),
      ];
      return { entries: [...entries.values()], damaged: damaged.length === 0 ? null : damaged.join('; ') };
    },
    async apply({ add, update, remove }: PartChange, signal) {
      const wanted = exempt.wanted();
      await exempt.add(
        wanted.filter((network) => !members.includes(network)),
        signal,
      );
      for (const { key } of remove)
        for (const handle of handles.get(key) ?? []) await table.remove(handle, signal);
      const gone = new Set(remove.map(({ key }) => key));
      const changes = new Map([...stale.values(), ...update].map((entry) => [entry.key, entry]));
      for (const [key, entry] of changes) {
        const [first, ...doubles] = gone.has(key) ? [] : (handles.get(key) ?? []);
        if (first !== undefined) await table.change(first, ruleOf(entry), signal);
        for (const handle of doubles) await table.remove(handle, signal);
      }
      for (const entry of add) await table.add(ruleOf(entry), signal);
      await exempt.remove(
        members.filter((network) => !wanted.includes(network)),
        signal,
      );
    },
  };
}

function foreignRule(key: string, value: string): ObservedEntry {
  return { key, kind: 'signature', value, owner: 'foreign', decisionId: null, action: null, expiresAt: null };
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const there = new Set(a);
  return there.size === b.length && b.every((member) => there.has(member));
}
