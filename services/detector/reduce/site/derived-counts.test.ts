import { expect, test } from 'vitest';
import { partBit, signedIn } from '../../../../lib/signature/standing.ts';
import { countIndex, flag, paneMs } from '../../layout.ts';
import { createBaseline } from './baseline.ts';
import { countUnusual } from './derived-counts.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { sum } from './scope.ts';
import { watchedScope } from './site-state.ts';

const pane = 1_794_000_000_000 / paneMs;

/** How many of requests with these flags are unusual where `required` is what practically everybody did before. */
function unusual(required: number, ...flags: readonly number[]): number {
  const samples = flags.map((each, order) => sampleOf({ order, client: order, flags: each }));
  const watched = watchedScope(scopeOf(pane, [paneOf(samples)]), createBaseline(pane * paneMs), [], {
    required,
    share: 0.01,
    upper: 0.02,
    samples: 500,
  });
  countUnusual(watched, pane);
  return sum(watched.scope, countIndex.unusual, pane, 1);
}

test('who is not believed may have come signed in, with what has run out', () => {
  const refused = flag.failing | flag.denied;
  expect(unusual(signedIn, flag.signedIn, 0, refused)).toBe(1);
  // what was done before does not hang on the answer
  expect(unusual(partBit('cart') | signedIn, flag.signedIn, 0, refused)).toBe(2);
});
