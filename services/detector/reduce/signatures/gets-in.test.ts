import { expect, test } from 'vitest';
import { flag, minedAttributes, traitIndex } from '../../layout.ts';
import type { PaneGroup, Sample } from '../../pane-group.ts';
import { loadPolicies } from '../../policies/load-policies.ts';
import { createBaseline } from '../site/baseline.ts';
import { createSiteState } from '../site/create-site-state.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { type SiteState, scopeId, type WatchedScope, watchedScope } from '../site/site-state.ts';
import { believedOf } from './gets-in.ts';

const first = 1500;
const look = {
  predicates: [{ attribute: 'ja4' as const, op: 'in' as const, values: ['new'] }],
  except_good: false,
  good_after: [],
};
const policies = loadPolicies('');
const ofKind = (kind: string) => policies.find(({ document }) => document.campaign.kind === kind)!;

const said = { login: 'login', sync: 'other' } as const;
type Place = keyof typeof said;

let clients = 0;
function newApp(place: Place, flags: number, ja4 = 'new'): Sample {
  const sample = sampleOf({ order: ++clients, client: clients, flags }, { ja4 });
  const attributes = [...sample.attributes];
  attributes[traitIndex.endpoint] = `POST /${place}`;
  attributes[traitIndex.endpoint_function] = said[place];
  return { ...sample, attributes };
}

/** An endpoint that shows so many refused and let in a second, by seconds since the release. */
function endpoint(
  state: SiteState,
  place: Place,
  seconds: number,
  shown: (second: number) => readonly Sample[],
): WatchedScope {
  const panes: PaneGroup[] = Array.from({ length: seconds }, (_, second) =>
    paneOf(shown(second), { key: `POST /${place}` }),
  );
  const watched = watchedScope(scopeOf(first, panes), createBaseline(0));
  watched.baseline.reference = Array.from({ length: 200 }, () => newApp(place, flag.succeeding, 'old'));
  state.scopes.set(scopeId('endpoint', `POST /${place}`), watched);
  return watched;
}

const times = (count: number, place: Place, flags: number): Sample[] =>
  Array.from({ length: count }, () => newApp(place, flags));
const refused = flag.failing | flag.denied;

/** What is thought of a look after so many seconds, three of which are refused each at `place`. */
function thoughtOf(place: Place, seconds: number, letIn: (second: number) => number, flags = refused) {
  const state = createSiteState('shop', first);
  const watched = endpoint(state, place, seconds, (second) => [
    ...times(3, place, flags),
    ...(place === 'login' ? times(letIn(second), 'login', flag.succeeding) : []),
  ]);
  if (place !== 'login')
    endpoint(state, 'login', seconds, (second) => [
      newApp('login', flag.succeeding, 'old'),
      ...times(letIn(second), 'login', flag.succeeding),
    ]);
  return { state, watched, policy: ofKind('stuffing'), pane: first + seconds - 1 };
}

for (const place of ['login', 'sync'] as const) {
  test(`a release that is refused at ${place} is waited for, and is people once they have typed their passwords`, () => {
    const typed = (second: number): number => (second >= 14 ? 1 : 0);
    expect(believedOf(thoughtOf(place, 12, typed), look)).toBe('undecided');
    expect(believedOf(thoughtOf(place, 26, typed), look)).toBe('people');
  });

  test(`a tool that looks around before it tries at ${place} is one when next to none of it has got in by then`, () => {
    const guessed = (second: number): number => (second === 20 ? 1 : 0);
    expect(believedOf(thoughtOf(place, 12, guessed), look)).toBe('undecided');
    expect(believedOf(thoughtOf(place, 26, guessed), look)).toBe('tool');
  });
}

test('who comes straight to a log-in is waited for where he is from the places that people are from', () => {
  const typed = (second: number): number => (second >= 14 ? 1 : 0);
  const direct = refused | flag.direct;
  const here = { country: 'DE', asn: '3320' };
  const from = (place: Partial<typeof here>, seconds: number) => {
    const thought = thoughtOf('login', seconds, typed, direct);
    const put = (sample: Sample, where: Partial<typeof here>): void =>
      Object.entries(where).forEach(([name, value]) => {
        (sample.attributes as (string | null)[])[minedAttributes.indexOf(name as 'asn')] = value;
      });
    for (const sample of thought.watched.baseline.reference) put(sample, here);
    for (const { samples } of thought.watched.scope.samples) for (const sample of samples) put(sample, place);
    return thought;
  };
  expect(believedOf(from(here, 12), look)).toBe('undecided');
  expect(believedOf(from(here, 26), look)).toBe('people');
  expect(believedOf(from({ country: 'BR', asn: '28573' }, 12), look)).toBe('tool');
});

test('who comes straight to a log-in from who knows where, and who is known, is waited for by nobody', () => {
  const never = (): number => 0;
  expect(believedOf(thoughtOf('login', 12, never, refused | flag.direct), look)).toBe('tool');
  const known = thoughtOf('login', 12, never);
  known.watched.baseline.reference = times(200, 'login', flag.succeeding);
  expect(believedOf(known, look)).toBe('tool');
});

test('a signature that names no software, and one of another kind of attack, is judged as ever', () => {
  const where = thoughtOf('login', 12, () => 0);
  expect(believedOf(where, { ...look, predicates: [] })).toBe('tool');
  const abroad = { attribute: 'country' as const, op: 'in' as const, values: ['VN'] };
  expect(believedOf(where, { ...look, predicates: [abroad] })).toBe('tool');
  expect(believedOf({ ...where, policy: ofKind('enumeration') }, look)).toBe('tool');
});
