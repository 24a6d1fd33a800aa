/**
 * A bounded cache whose hit is one Map look-up: no list is re-linked as in an LRU, which costs more than what is
 * remembered here. Entries used since the last turn survive the next one; at most `max` are held.
 */
export interface TwoGenerationCache<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  clear(): void;
  readonly size: number;
}

export function createTwoGenerationCache<K, V extends object | string>(
  max: number,
): TwoGenerationCache<K, V> {
  const turnAt = Math.max(1, Math.floor(max / 2));
  let young = new Map<K, V>();
  let old = new Map<K, V>();
  const set = (key: K, value: V): void => {
    if (young.size >= turnAt && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    clear() {
      young = new Map();
      old = new Map();
    },
    get size() {
      return young.size + old.size;
    },
  };
}
