/** What happened to the list since a reader last asked. */
export interface Delta<T> {
  readonly added: readonly T[];
  readonly deleted: readonly T[];
  readonly cursor: number;
}

/** A bounded journal of changes: readers keep a number, and a reader that is too far behind starts again. */
export interface ChangeJournal<T> {
  readonly cursor: number;
  record(kind: 'add' | 'delete', key: string, value: T): void;
  /** The last change of each key after `cursor`; null when the journal does not reach back that far. */
  since(cursor: number): Delta<T> | null;
}

export function createChangeJournal<T>(limit: number): ChangeJournal<T> {
  let changes: { at: number; kind: 'add' | 'delete'; key: string; value: T }[] = [];
  let cursor = 0;
  let first = 1;
  return {
    get cursor() {
      return cursor;
    },
    record(kind, key, value) {
      changes.push({ at: ++cursor, kind, key, value });
      if (changes.length > 2 * limit) {
        changes = changes.slice(-limit);
        first = changes[0]!.at;
      }
    },
    since(from) {
      if (from < first - 1 || from > cursor) return null;
      const last = new Map<string, (typeof changes)[number]>();
      for (let index = from - first + 1; index < changes.length; index++) {
        const change = changes[index]!;
        last.set(change.key, change);
      }
      const of = (kind: 'add' | 'delete') =>
        [...last.values()].filter((change) => change.kind === kind).map((change) => change.value);
      return { added: of('add'), deleted: of('delete'), cursor };
    },
  };
}
