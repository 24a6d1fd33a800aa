import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Signature } from '../../../../lib/contracts/generated.ts';
import { inPackage } from '../../../../lib/package-root.ts';
import { countIndex, flag, paneMs, spared } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { compilePolicy } from '../../policies/load-policies.ts';
import { termsOf } from '../../verdict.ts';
import { newCampaign } from '../campaigns/open-campaign.ts';
import { createBaseline } from '../site/baseline.ts';
import { createSiteState } from '../site/create-site-state.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { scopeId, type WatchedScope, watchedScope } from '../site/site-state.ts';
import { goodSamples } from './good-traffic.ts';
import { addSignatures } from './live-signatures.ts';

const file = 'credential-stuffing.yaml';
const terms = termsOf(compilePolicy(file, readFileSync(inPackage('policies', file), 'utf8')));
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

test('whoever is answered nothing, where answers tell, is no good client', () => {
  const requests = [sample('person', 1, flag.succeeding), sample('told to wait', 2, 0)];
  expect(idsOf(watchedWith('endpoint', requests))).toHaveLength(2);
  const telling = watchedWith('endpoint', requests);
  telling.baseline.totals[countIndex.requests] = 100;
  telling.baseline.totals[countIndex.outcome_known] = 90;
  expect(idsOf(telling)).toEqual(['person-1']);
});

test('who lives behind the address of an attacker is none', () => {
  const gateway = watchedWith('endpoint', [
    sample('gateway', 1, flag.missing, 'Chrome'),
    sample('gateway', 2, 0, 'Chrome'),
    sample('gateway', 3, 0, 'Firefox'),
  ]);
  expect(idsOf(gateway)).toEqual(['gateway-3']);
});

test('a gateway that an attack goes through takes from those who came through it before what its history said for them', () => {
  const historyOf = (now: readonly Sample[]): Record<string, boolean> => {
    const scope = watchedWith('endpoint', now);
    scope.baseline.reference.push(sample('gateway', 1, flag.good), sample('home', 2, flag.good));
    return Object.fromEntries(
      goodSamples(nothingOpen, scope, pane).map(({ sample: { event_id: id, flags } }) => [
        id,
        (flags & flag.good) !== 0,
      ]),
    );
  };
  expect(historyOf([])).toEqual({ 'gateway-1': true, 'home-2': true });
  // they stay as people, and are spared for its sake no longer
  expect(historyOf([sample('gateway', 9, flag.failing)])).toEqual({ 'gateway-1': false, 'home-2': true });
});

test('who came with a campaign speaks for people only with a history', () => {
  const newcomers = Array.from({ length: 40 }, (_, index) => sample(`new${index}`, index, 0));
  const scope = watchedWith('endpoint', [...newcomers, sample('regular', 99, flag.good)]);
  expect(idsOf(scope)).toHaveLength(41);
  const state = createSiteState('shop', pane);
  state.before.set(scopeId('endpoint', 'endpoint'), { pane: pane - 5, rate: 0.2, direct: null });
  expect(goodSamples(state, scope, pane).map((one) => one.sample.event_id)).toEqual(['regular-99']);
});

test('what a signature in force selects elsewhere is not good here for what it was not seen to do', () => {
  const samples = [
    sample('bot', 1, 0, 'curl/8.4'),
    sample('person', 2, 0, 'Firefox'),
    sample('regular', 3, flag.good, 'curl/8.4'),
  ];
  const site = watchedWith('site', samples);
  const login = watchedWith('endpoint', []);
  const goodWith = (endpoint: string, collateral: number): string[] => {
    const state = createSiteState('shop', pane);
    const open = newCampaign({
      site: 'shop',
      scope: { kind: 'endpoint', key: endpoint },
      policy: terms,
      openedAt: 0,
      effectiveFrom: 0,
      behaviour: 'direct',
      baselineRung: 'own',
    });
    const signature: Signature = {
      predicates: [
        { attribute: 'endpoint', op: 'in', values: [endpoint] },
        { attribute: 'user_agent', op: 'in', values: ['curl/8.4'] },
      ],
      except_good: false,
      good_after: [],
    };
    addSignatures(open, [{ signature, coverage: 1, lift: 9, collateral, collateralUpper: 0.01 }], 9, 0);
    state.campaigns.set('open', open);
    return goodSamples(state, site, pane, login).map((one) => one.sample.event_id);
  };
  const { method, template } = login.scope.traits;
  expect(goodWith('POST /pay', 0)).toEqual(['regular-3', 'person-2']);
  // people have it too, or it is judged by whom it selects here
  expect(goodWith('POST /pay', 0.01)).toHaveLength(3);
  expect(goodWith(`${method} ${template}`, 0)).toHaveLength(3);
});

test('who was in the middle of a visit when the log began tells how people look, and is no cost of what spares the good', () => {
  const lookUp = watchedWith('endpoint', []);
  const { baseline } = lookUp;
  baseline.reference.push(sample('cut short', 1, flag.direct), sample('seen whole', 2, 0));
  baseline.earlySamples = 1;
  const judged = (by: 'looks' | 'standing') =>
    goodSamples(nothingOpen, lookUp, pane, lookUp, by).map(({ sample: { event_id, flags } }) => [
      event_id,
      spared(flags),
    ]);
  expect(judged('standing').map(([id]) => id)).toEqual(['seen whole-2']);
  expect(judged('looks')).toEqual([
    ['cut short-1', true],
    ['seen whole-2', expect.anything()],
  ]);
});
