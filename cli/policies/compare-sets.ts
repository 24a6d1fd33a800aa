import type { PolicyFile } from '../../services/detector/policies/load-policies.ts';

/** What becomes of one policy when a set follows another. */
export interface PolicyChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly title: string;
  readonly id: string;
  /** Fields with their values before and after: `action.ttl: 1h -> 4h` as JSON. */
  readonly fields: readonly string[];
}

type Plain = { readonly [key: string]: unknown };
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where two values differ, by path. */
function differences(before: unknown, after: unknown, path: string): string[] {
  if (isPlain(before) && isPlain(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  const [one, other] = [before, after].map((value) =>
    value === undefined ? 'nothing' : JSON.stringify(value),
  );
  return one === other ? [] : [`${path}: ${one} -> ${other}`];
}

/** Policies that are not the same in two sets, by title; durations are in milliseconds. Tests are left out. */
export function compareSets(before: readonly PolicyFile[], after: readonly PolicyFile[]): PolicyChange[] {
  const documents = (files: readonly PolicyFile[]) =>
    new Map(
      files.flatMap(({ policy }) => {
        if (policy === null) return [];
        const { tests: _, ...document } = policy.document;
        return [[document.id, document] as const];
      }),
    );
  const [old, fresh] = [documents(before), documents(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .flatMap((id): PolicyChange[] => {
      const [was, is] = [old.get(id), fresh.get(id)];
      const title = (is ?? was)!.title;
      if (was === undefined) return [{ change: 'added', title, id, fields: [] }];
      if (is === undefined) return [{ change: 'removed', title, id, fields: [] }];
      const fields = differences(was, is, '');
      return fields.length === 0 ? [] : [{ change: 'changed', title, id, fields }];
    })
    .sort((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0));
}
