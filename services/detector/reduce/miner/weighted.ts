import type { Sample } from '../../pane-group.ts';
import type { SampleTest } from './sample-predicate.ts';

/** Weighted samples: each stands for `weight` requests. */
export interface Weighted {
  readonly sample: Sample;
  readonly weight: number;
}

/** Requests that the samples stand for. */
export function weigh(of: readonly Weighted[]): number {
  return of.reduce((sum, { weight }) => sum + weight, 0);
}

/** Of a request whether none of the tests is true for it. */
export const leftBy =
  (tests: readonly SampleTest[]) =>
  ({ sample }: Weighted): boolean =>
    !tests.some((test) => test(sample));

/** Requests, by weight, that one of the tests is true for. */
export function weightSelected(of: readonly Weighted[], tests: readonly SampleTest[]): number {
  return of.reduce((sum, { sample, weight }) => (tests.some((test) => test(sample)) ? sum + weight : sum), 0);
}

/** Share of the requests, by weight, that one of the tests is true for; 0 of none. */
export function shareSelected(of: readonly Weighted[], tests: readonly SampleTest[]): number {
  const total = weigh(of);
  return total === 0 ? 0 : weightSelected(of, tests) / total;
}
