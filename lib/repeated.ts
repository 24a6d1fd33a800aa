/** Where a list has again what it has before, by a key. */
export function repeated<T>(list: readonly T[], keyOf: (item: T) => string): readonly number[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) return [index];
    seen.add(key);
    return [];
  });
}
