import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointParts } from '../../groups.ts';
import { countIndex, flag, minedAttributes, traitIndex, traitNames } from '../../layout.ts';
import type { PaneGroup, Sample } from '../../pane-group.ts';
import { LogHistogram } from '../../sketches/log-histogram.ts';
import { createBaseline } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { covers, routesOf } from './route.ts';
import { leaveRoutes, placeSpread, placesOf, routeBaseline, withRoutes } from './routes.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { scopeId, watchedScope } from './site-state.ts';

/** A refused log-in at a host. */
function tryAt(host: string, order: number): Sample {
  const sample = sampleOf({ order, client: order, flags: flag.failing });
  const attributes = [...sample.attributes];
  attributes.length = minedAttributes.length + traitNames.length;
  attributes[traitIndex.host] = host;
  attributes[traitIndex.endpoint] = 'POST /login';
  return { ...sample, attributes };
}

const keyAt = (host: string): string => `POST ${host}/login`;
const paneAt = (host: string, orders: readonly number[]): PaneGroup =>
  paneOf(
    orders.map((order) => tryAt(host, order)),
    { key: keyAt(host) },
  );

function siteServing(hosts: readonly string[]) {
  const state = createSiteState('shop', 0);
  state.routes.set('POST */login', new Set(hosts.map(keyAt)));
  return state;
}

describe('routes', () => {
  it('are named after the method and the template, and after each word that could be a place of it', () => {
    expect(endpointParts('POST t1.example/login')).toEqual({ endpoint: 'POST /login', host: 't1.example' });
    expect(endpointParts('GET [2001:db8::1]:8443/p/{word}')).toEqual({
      endpoint: 'GET /p/{word}',
      host: '[2001:db8::1]:8443',
    });
    expect(endpointParts('POST /login')).toEqual({ endpoint: 'POST /login', host: '' });
    expect(routesOf('POST /login')).toEqual(['POST */login']);
    expect(routesOf('GET /de-AT/API/Stock')).toEqual([
      'GET */de-at/api/stock',
      'GET */{word}/api/stock',
      'GET */de-at/{word}/stock',
    ]);
    // what comes after the word that says what it is for is another step of it
    expect(routesOf('POST /login/acme')).toEqual(['POST */login/acme']);
    expect(routesOf('GET /de/articles')).toEqual(['GET */de/articles']);
  });

  it('hold their endpoints, and nothing else', () => {
    const route = { kind: 'route', key: 'POST */login' };
    expect(covers(route, { kind: 'endpoint', key: keyAt('a.example') })).toBe(true);
    expect(covers(route, { kind: 'endpoint', key: 'POST a.example/login/{number}' })).toBe(false);
    expect(covers(route, { kind: 'endpoint', key: 'GET a.example/login' })).toBe(false);
    expect(covers(route, { kind: 'partner_endpoint', key: `${keyAt('a.example')} via acme` })).toBe(false);
    expect(covers({ kind: 'endpoint', key: keyAt('a.example') }, route)).toBe(false);
    expect(covers(route, route)).toBe(true);
    const folders = { kind: 'route', key: 'POST */{word}/login' };
    expect(covers(folders, { kind: 'endpoint', key: 'POST a.example/acme/login' })).toBe(true);
    expect(covers(folders, { kind: 'endpoint', key: 'POST a.example/ACME/Login' })).toBe(true);
    expect(covers(folders, { kind: 'endpoint', key: 'POST a.example/login/acme' })).toBe(false);
    expect(covers(folders, { kind: 'endpoint', key: keyAt('a.example') })).toBe(false);
  });

  it('add up what their endpoints are asked for', () => {
    const perHost = fc.array(fc.array(fc.integer({ min: 1, max: 1e6 }), { maxLength: 20 }), {
      minLength: 4,
      maxLength: 9,
    });
    fc.assert(
      fc.property(perHost, (orders) => {
        const groups = orders.map((of, at) => paneAt(`t${at}.example`, of));
        const state = siteServing(orders.map((_, at) => `t${at}.example`));
        const all = withRoutes(state, groups, 32);
        const routes = all.filter(({ kind }) => kind === 'route');
        expect(routes).toHaveLength(1);
        expect(routes[0]!.key).toBe('POST */login');
        const total = orders.reduce((sum, of) => sum + of.length, 0);
        expect(routes[0]!.counts[countIndex.requests]).toBe(total);
        expect(all.filter(({ kind }) => kind === 'endpoint')).toEqual(groups);
      }),
    );
  });

  it('count an endpoint once, with those that have most places', () => {
    const state = createSiteState('shop', 0);
    const keys = ['a', 'b', 'c', 'd', 'e'].flatMap((host) =>
      ['de', 'fr'].map((of) => `POST ${host}.example/${of}/login`),
    );
    state.routes.set('POST */de/login', new Set(keys.filter((key) => key.includes('/de/'))));
    state.routes.set('POST */{word}/login', new Set(keys));
    const groups = keys.map((key, at) => paneOf([tryAt(key, at + 1)], { key }));
    const routes = withRoutes(state, groups, 32).filter(({ kind }) => kind === 'route');
    expect(routes.map(({ key, counts }) => [key, counts[countIndex.requests]])).toEqual([
      ['POST */{word}/login', 10],
    ]);
  });

  it('begin with what is known of the place whose callers are known best, and learn by themselves', () => {
    const hosts = ['a.example', 'b.example', 'c.example'];
    const state = siteServing([...hosts, 'd.example']);
    const watchedAt = (host: string) => watchedScope(scopeOf(7, [paneAt(host, [1])]), createBaseline(0));
    for (const [at, host] of hosts.entries()) {
      const watched = watchedAt(host);
      watched.baseline.totals[countIndex.requests] = [5, 90, 7][at]!;
      state.scopes.set(scopeId('endpoint', keyAt(host)), watched);
    }
    const learned = routeBaseline(state, 'POST */login')!;
    expect(learned.totals[countIndex.requests]).toBe(90);
    learned.totals[countIndex.requests] = 0;
    learned.histograms.set('x', new LogHistogram());
    const known = state.scopes.get(scopeId('endpoint', keyAt('b.example')))!.baseline;
    expect(known.totals[countIndex.requests]).toBe(90);
    expect(known.histograms.size).toBe(0);
    expect(routeBaseline(state, 'POST */other')).toBeNull();
  });

  it('lose a place with the endpoint that is forgotten', () => {
    const state = siteServing(['a.example', 'b.example']);
    const scopeAt = (host: string) => scopeOf(7, [paneAt(host, [1])]);
    leaveRoutes(state, scopeAt('a.example'));
    expect(state.routes.get('POST */login')).toEqual(new Set([keyAt('b.example')]));
    leaveRoutes(state, scopeAt('b.example'));
    expect(state.routes.size).toBe(0);
  });

  it('need four places', () => {
    const hosts = ['a.example', 'b.example', 'c.example'];
    const groups = hosts.map((host, at) => paneAt(host, [at + 1]));
    expect(withRoutes(siteServing(hosts), groups, 32)).toBe(groups);
  });

  it('name their busiest hosts in a signature when there are more than an edge takes', () => {
    const hosts = Array.from({ length: 130 }, (_, at) => `t${String(at).padStart(3, '0')}.example`);
    const state = siteServing(hosts);
    const busy = hosts.slice(20);
    for (const [at, host] of busy.entries())
      state.scopes.set(
        scopeId('endpoint', keyAt(host)),
        watchedScope(
          scopeOf(7, [
            paneAt(
              host,
              Array.from({ length: 1 + (at % 5) }, (_, order) => order + 1),
            ),
          ]),
          createBaseline(0),
        ),
      );
    const route = scopeOf(7, [{ ...paneAt('t000.example', [1]), kind: 'route', key: 'POST */login' }]);
    const { hosts: named, endpoints } = placesOf(state, route);
    expect(endpoints).toEqual(['POST /login']);
    expect(named).toHaveLength(100);
    expect([...named].sort()).toEqual(named);
    expect(named.every((host) => busy.includes(host))).toBe(true);
    // who was asked once only is left out first
    const twice = busy.filter((_, at) => at % 5 > 0);
    expect(twice.every((host) => named.includes(host))).toBe(true);
  });

  it('name the family that they are when there are more folders than an edge takes', () => {
    const state = createSiteState('shop', 0);
    const key = 'GET */stores/{word}/stock';
    const named = (stores: number) => {
      const of = Array.from({ length: stores }, (_, at) => `GET shop.example/stores/old-town-${at}/stock`);
      state.routes.set(key, new Set(of));
      return placesOf(state, scopeOf(7, [{ ...paneOf([tryAt('shop.example', 1)]), kind: 'route', key }]));
    };
    expect(named(4)).toEqual({
      endpoints: [0, 1, 2, 3].map((at) => `GET /stores/old-town-${at}/stock`),
      hosts: ['shop.example'],
    });
    expect(named(400)).toEqual({ endpoints: ['GET /stores/{word}/stock'], hosts: ['shop.example'] });
  });

  it('tell how evenly what is suspicious is spread', () => {
    const samples = [1, 2, 3, 4, 5, 6].map((order) =>
      tryAt(order < 4 ? 'a.example' : `${order}.example`, order),
    );
    expect(placeSpread(scopeOf(7, [paneOf(samples)]), 7)).toBe(2);
    expect(placeSpread(scopeOf(7, [paneOf([{ ...samples[0]!, flags: 0 }])]), 7)).toBe(0);
    // what a folder had no room for is no one place
    const beyond = samples.map((sample, at) => {
      const attributes = [...sample.attributes];
      if (at < 3) attributes[traitIndex.endpoint] = 'POST /{other}/login';
      return { ...sample, attributes };
    });
    expect(placeSpread(scopeOf(7, [paneOf(beyond)]), 7)).toBe(6);
  });
});
