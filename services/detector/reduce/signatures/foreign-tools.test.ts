import { expect, test } from 'vitest';
import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { flag, traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { createBaseline } from '../site/baseline.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { createSiteState } from '../site/create-site-state.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { type SiteState, scopeId, type WatchedScope, watchedScope } from '../site/site-state.ts';
import { foreignAt, foreignOf, isTimeForForeign } from './foreign-tools.ts';

const pane = 1500;
const nobody = new Set<number>();

const lookOf = (...predicates: Predicate[]): LiveSignature => ({
  version: 1,
  signature: { predicates, except_good: false, good_after: [] },
  coverage: 1,
  lift: 100,
  collateral: 0,
  collateralUpper: 0.005,
  goodSample: 300,
  fromAt: 0,
  untilAt: null,
  verdictUntilAt: 0,
});
const tool: Predicate = { attribute: 'ja4', op: 'in', values: ['tool'] };
const browser: Predicate = { attribute: 'user_agent', op: 'in', values: ['Chrome/157'] };
const abroad: Predicate = { attribute: 'country', op: 'in', values: ['VN'] };

/** A site that so many people came to with a browser at home before. */
function siteOf(people: number): SiteState {
  const state = createSiteState('shop', pane);
  const site = watchedScope(scopeOf(pane, [paneOf([], { kind: 'site', key: '' })]), createBaseline(0));
  site.baseline.reference = Array.from({ length: people }, (_, client) =>
    sampleOf({ order: client, client }, { user_agent: 'Chrome/157', ja4: 'chrome', country: 'DE' }),
  );
  state.scopes.set(scopeId('site', ''), site);
  return state;
}

test('software that nobody of many people uses is foreign, be it known by it alone or not', () => {
  const foreign = (state: SiteState, ...looks: LiveSignature[]): number =>
    foreignOf(state, looks, nobody).length;
  expect(foreign(siteOf(300), lookOf(tool))).toBe(1);
  expect(foreign(siteOf(300), lookOf(tool, abroad))).toBe(1);
  expect(foreign(siteOf(200), lookOf(tool))).toBe(0);
  expect(foreign(siteOf(300), { ...lookOf(tool), collateral: 0.001 })).toBe(0);
  // looked for now and then
  expect([pane, pane + 1].map(isTimeForForeign)).toEqual([true, false]);
});

test('a common browser is no foreign software where people do not come from, nor is a country without software', () => {
  expect(foreignOf(siteOf(300), [lookOf(browser, abroad), lookOf(abroad)], nobody)).toEqual([]);
});

test('it is stopped wherever strangers are seen with it twice, and lets in who looked around', () => {
  const live = lookOf(tool);
  // the endpoint that a sample is of, as the miner reads it
  const here = (sample: Sample): Sample => {
    const attributes = [...sample.attributes];
    attributes[traitIndex.endpoint] = 'GET /me';
    return { ...sample, attributes };
  };
  const endpointWith = (samples: readonly Sample[]): WatchedScope =>
    watchedScope(scopeOf(pane, [paneOf(samples.map(here), { key: 'GET /me' })]), createBaseline(0));
  const sent = (samples: readonly Sample[], servers = nobody) =>
    foreignAt(siteOf(300), endpointWith(samples), [live], { servers, isLeft: () => true, pane });
  const with_ = (order: number, flags = 0): Sample =>
    sampleOf({ order, client: order, flags }, { ja4: 'tool' });
  const people = Array.from({ length: 40 }, (_, at) => sampleOf({ order: 100 + at, client: 100 + at }, {}));
  expect(sent([...people, with_(1)])).toEqual([]);
  expect(sent([...people, with_(1), with_(2)])[0]!.signature).toMatchObject({
    except_good: false,
    good_after: ['inventory', 'search', 'cart', 'content'],
  });
  // people with a history have it, or it comes through a partner's servers
  expect(sent([...people, with_(1), with_(2), with_(3, flag.good)])).toEqual([]);
  expect(sent([...people, with_(1), with_(2)], new Set([1, 2]))).toEqual([]);
});
