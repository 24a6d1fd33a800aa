import { expect, test } from 'vitest';
import type { Signature } from '../../../../lib/contracts/generated.ts';
import { flag, paneMs, traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { loadPolicies } from '../../policies/load-policies.ts';
import { createBaseline, hourKey } from '../site/baseline.ts';
import { createSiteState } from '../site/create-site-state.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { scopeId, watchedScope } from '../site/site-state.ts';
import { areRefusedAlone } from './refused-alone.ts';

const first = 1500;
const panes = 30;
const signature: Signature = {
  predicates: [{ attribute: 'country', op: 'in', values: ['ZZ'] }],
  except_good: false,
  good_after: [],
};
const policy = loadPolicies('').find(({ document }) => document.campaign.kind === 'stuffing')!;

interface Seconds {
  /** Of the country that is selected, and of others. */
  readonly selected: { readonly refused: number; readonly letIn: number };
  readonly others: { readonly refused: number; readonly letIn: number };
  readonly usual?: number | null;
  readonly usuallyRefused?: number;
  readonly endpoint?: string;
}

let clients = 0;
function shown({ selected, others, usual = 4, usuallyRefused = 0.1, endpoint = 'login' }: Seconds): boolean {
  const made = (count: number, flags: number, country: string): Sample[] =>
    Array.from({ length: count }, () => {
      const sample = sampleOf({ order: ++clients, client: clients, flags }, { country });
      const attributes = [...sample.attributes];
      attributes[traitIndex.endpoint] = `POST /${endpoint}`;
      attributes[traitIndex.endpoint_function] = endpoint;
      return { ...sample, attributes };
    });
  const group = () =>
    paneOf(
      [
        ...made(selected.refused, flag.failing, 'ZZ'),
        ...made(selected.letIn, flag.succeeding, 'ZZ'),
        ...made(others.refused, flag.failing, 'DE'),
        ...made(others.letIn, flag.succeeding, 'DE'),
      ],
      { key: `POST /${endpoint}` },
    );
  const state = createSiteState('shop', first);
  const watched = watchedScope(scopeOf(first, Array.from({ length: panes }, group)), createBaseline(0));
  const pane = first + panes - 1;
  watched.usual = { hour: hourKey(pane * paneMs), rate: usual };
  watched.expected.set('failing', { share: usuallyRefused, upper: usuallyRefused, samples: 400 });
  state.scopes.set(scopeId('endpoint', `POST /${endpoint}`), watched);
  return areRefusedAlone({ state, watched, policy, pane }, [signature]);
}

const people = { refused: 1, letIn: 3 };
const tried = { refused: 10, letIn: 0 };

test('what is refused while the others get in, and is more than all that usually comes, is a part worth stopping', () => {
  expect(shown({ selected: tried, others: people })).toBe(true);
});

test.each([
  ['a crowd gets in', { selected: { refused: 7, letIn: 3 }, others: people }],
  ['the log-in fails for everybody', { selected: tried, others: { refused: 4, letIn: 0 } }],
  ['it is less than what usually comes', { selected: { refused: 3, letIn: 0 }, others: people }],
  ['what usually comes is not known', { selected: tried, others: people, usual: null }],
  ['people are refused as a rule', { selected: tried, others: people, usuallyRefused: 0.6 }],
  ['it is no log-in', { selected: tried, others: people, endpoint: 'search' }],
] satisfies [string, Seconds][])('it is not where %s', (_, seconds) => {
  expect(shown(seconds)).toBe(false);
});
