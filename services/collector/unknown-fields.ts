import { cleanText } from './clean-text.ts';

/** Names and types of fields that are not ours: what an input could also tell, without keeping any value. */
export interface UnknownFields {
  count(name: string, value: unknown): void;
  /** `name:type` with how often it was seen, most frequent first. */
  counts(): readonly (readonly [field: string, count: number])[];
}

const maxFields = 256;

export function createUnknownFields(): UnknownFields {
  const seen = new Map<string, number>();
  return {
    count: (name, value) => {
      const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
      const field = `${cleanText(name, 64)}:${type}`;
      const before = seen.get(field);
      if (before !== undefined) seen.set(field, before + 1);
      else if (seen.size < maxFields) seen.set(field, 1);
      else seen.set('(others)', (seen.get('(others)') ?? 0) + 1);
    },
    counts: () => [...seen].sort((a, b) => b[1] - a[1]),
  };
}
