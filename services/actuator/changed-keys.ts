/** Which keys have changed, in the order in which they did: a reader keeps a number and asks what came after it. */
export interface ChangedKeys {
  /** Grows with every change. */
  readonly version: number;
  add(key: string): void;
  /** More may have changed than any list of keys says. */
  addAll(): void;
  /** The keys that changed after `version`; null: too many to be remembered, or perhaps all. */
  since(version: number): ReadonlySet<string> | null;
}

/** `limit`: a reader that is further behind than this looks at everything. */
export function createChangedKeys(limit: number): ChangedKeys {
  let keys: string[] = [];
  /** The version before the first of `keys`. */
  let start = 0;
  return {
    get version() {
      return start + keys.length;
    },
    add(key) {
      keys.push(key);
      if (keys.length <= 2 * limit) return;
      start += keys.length - limit;
      keys = keys.slice(-limit);
    },
    addAll() {
      start += keys.length + 1;
      keys = [];
    },
    since(version) {
      if (version < start || version > start + keys.length) return null;
      return new Set(version === start ? keys : keys.slice(version - start));
    },
  };
}
