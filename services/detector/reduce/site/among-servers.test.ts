import { expect, test } from 'vitest';
import { parseIp } from '../../../../lib/ip.ts';
import { paneMs, traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { shareAmongServers } from './among-servers.ts';
import { createBaseline } from './baseline.ts';
import { createSiteState } from './create-site-state.ts';
import { paneOf, sampleOf } from './scope.test-fixture.ts';
import { addPane, createScope } from './scope.ts';
import { scopeId, watchedScope } from './site-state.ts';

const pane = 1_794_000_000_000 / paneMs;

function sampleFrom(address: string, order: number, endpoint: string, software: string): Sample {
  const sample = sampleOf(
    { order, client: parseIp(address)!.readUInt32BE(12), flags: 0 },
    { client_ip: address },
  );
  const attributes = [...sample.attributes];
  attributes[traitIndex.endpoint] = endpoint;
  attributes[traitIndex.host] = 'api.example';
  attributes[traitIndex.client_class] = software;
  return { ...sample, attributes };
}

/** A site whose newest requests are these, at endpoints that were called before by that software, so many times. */
function siteWith(now: readonly Sample[], usual: { readonly [endpoint: string]: readonly [string, number] }) {
  const state = createSiteState('shop', pane);
  for (const [endpoint, [software, count]] of Object.entries(usual)) {
    const key = `${endpoint.split(' ')[0]} api.example${endpoint.split(' ')[1]}`;
    const baseline = createBaseline(pane * paneMs);
    for (let order = 0; order < count; order++)
      baseline.reference.push(sampleFrom(`198.51.100.${order % 9}`, order, endpoint, software));
    state.scopes.set(
      scopeId('endpoint', key),
      watchedScope(
        createScope(paneOf([], { key }), pane, () => false),
        baseline,
      ),
    );
  }
  const group = paneOf(now, { kind: 'site', key: '' });
  const site = watchedScope(
    createScope(group, pane, () => false),
    createBaseline(pane * paneMs),
  );
  addPane(site.scope, pane, group);
  state.scopes.set(scopeId('site', ''), site);
  return state;
}

const feeds = 'GET /feeds/{number}';
const pages = 'GET /p/{slug}';
const usual = { [feeds]: ['server', 90], [pages]: ['browser', 90] } as const;

test('what a server asks of endpoints that servers call is told from what it asks where people do', () => {
  const from = (endpoint: string, count: number, at: number) =>
    Array.from({ length: count }, (_, order) => sampleFrom('65.108.0.166', at + order, endpoint, 'server'));
  expect(shareAmongServers(siteWith(from(feeds, 8, 0), usual), '65.108.0.166', pane)).toBe(1);
  expect(shareAmongServers(siteWith(from(pages, 8, 0), usual), '65.108.0.166', pane)).toBe(0);
  const both = siteWith([...from(feeds, 6, 0), ...from(pages, 2, 6)], usual);
  expect(shareAmongServers(both, '65.108.0.166', pane)).toBeCloseTo(0.75);
  expect(shareAmongServers(both, '65.108.0.167', pane)).toBe(0);
  const own = siteWith(from(feeds, 8, 0), { [feeds]: ['server', 90] });
  const { reference } = own.scopes.get(scopeId('endpoint', 'GET api.example/feeds/{number}'))!.baseline;
  reference.splice(20, 70, ...from(feeds, 70, 20));
  expect(shareAmongServers(own, '65.108.0.166', pane)).toBe(0);
  const unknown = siteWith(from(feeds, 8, 0), { [feeds]: ['server', 20] });
  expect(shareAmongServers(unknown, '65.108.0.166', pane)).toBe(0);
});
