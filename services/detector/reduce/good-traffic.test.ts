import { expect, test } from 'vitest';
import { flag, paneMs } from '../layout.ts';
import type { Sample } from '../pane-group.ts';
import { createBaseline } from './baseline.ts';
import { goodSamples } from './good-traffic.ts';
import { paneOf, sampleOf, scopeOf } from './scope.test-fixture.ts';
import { createSiteState } from './site-reducer.ts';
import { scopeId, type WatchedScope, watchedScope } from './site-state.ts';

const pane = 1_794_000_000_000 / paneMs;

const sample = (client: string, order: number, flags: number, agent?: string): Sample =>
  sampleOf(
    {
      order,
      event_id: `${client}-${order}`,
      client: Buffer.from(client.padEnd(6)).readUIntBE(0, 6),
      flags,
    },
    agent === undefined ? {} : { user_agent: agent },
  );

/** A scope of which only these samples are known. */
const watchedWith = (kind: string, samples: readonly Sample[]): WatchedScope =>
  watchedScope(scopeOf(pane, [paneOf(samples, { kind, key: kind })]), createBaseline(pane * paneMs));

const nothingOpen = createSiteState('shop', pane);
const idsOf = (watched: WatchedScope, attacked?: WatchedScope): string[] =>
  goodSamples(nothingOpen, watched, pane, attacked)
    .map((one) => one.sample.event_id)
    .sort();

test('what a client does well does not speak for it beside what it does badly', () => {
  const lookUp = watchedWith('endpoint', [
    sample('sweeper', 1, flag.missing),
    sample('sweeper', 2, 0),
    sample('person', 3, 0),
    sample('person', 7, flag.failing),
    sample('robot', 4, flag.verified),
  ]);
  expect(idsOf(lookUp)).toEqual(['person-3']);
  // a page that it loaded first says no more for it
  const site = watchedWith('site', [sample('sweeper', 5, 0), sample('visitor', 6, 0)]);
  expect(idsOf(site)).toEqual(['sweeper-5', 'visitor-6']);
  expect(idsOf(site, lookUp)).toEqual(['visitor-6']);
});

test('who lives behind the address of an attacker is none', () => {
  const gateway = watchedWith('endpoint', [
    sample('gateway', 1, flag.missing, 'Chrome'),
    sample('gateway', 2, 0, 'Chrome'),
    sample('gateway', 3, 0, 'Firefox'),
  ]);
  expect(idsOf(gateway)).toEqual(['gateway-3']);
});

test('who came with a campaign speaks for people only with a history', () => {
  const newcomers = Array.from({ length: 40 }, (_, index) => sample(`new${index}`, index, 0));
  const scope = watchedWith('endpoint', [...newcomers, sample('regular', 99, flag.good)]);
  expect(idsOf(scope)).toHaveLength(41);
  const state = createSiteState('shop', pane);
  state.before.set(scopeId('endpoint', 'endpoint'), { pane: pane - 5, rate: 0.2 });
  expect(goodSamples(state, scope, pane).map((one) => one.sample.event_id)).toEqual(['regular-99']);
});
