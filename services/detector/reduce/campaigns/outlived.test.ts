import { expect, test } from 'vitest';
import type { Predicate, Signature } from '../../../../lib/contracts/generated.ts';
import { flag, traitIndex } from '../../layout.ts';
import { createBaseline } from '../site/baseline.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import type { LiveSignature, OpenCampaign } from '../site/campaign-state.ts';
import { createSiteState } from '../site/create-site-state.ts';
import { paneOf, sampleOf, scopeOf } from '../site/scope.test-fixture.ts';
import { scopeId, type WatchedScope, watchedScope } from '../site/site-state.ts';
import { outlived } from './outlived.ts';

const template = '/pay';
const hosts = ['de.example', 'fr.example'];
const keyOf = (host: string) => `POST ${host}${template}`;

/** An endpoint at which direct requests of one browser came. */
function endpoint(host: string, browser: string): WatchedScope {
  const samples = Array.from({ length: 30 }, (_, order) =>
    sampleOf({ order, client: order, flags: flag.direct }, { browser }),
  ).map((sample) => {
    const attributes = [...sample.attributes];
    attributes[traitIndex.endpoint] = `POST ${template}`;
    attributes[traitIndex.host] = host;
    return { ...sample, attributes };
  });
  const scope = scopeOf(0, [paneOf(samples, { key: keyOf(host) })]);
  return watchedScope(
    { ...scope, traits: { ...scope.traits, method: 'POST', template, host } },
    createBaseline(0),
  );
}

function live(version: number, browser: string, host: string | null, collateral = 0.004): LiveSignature {
  const predicates: Predicate[] = [
    { attribute: 'endpoint', op: 'in', values: [`POST ${template}`] },
    ...(host === null ? [] : [{ attribute: 'host', op: 'in', values: [host] } satisfies Predicate]),
    { attribute: 'browser', op: 'in', values: [browser] },
  ];
  const signature: Signature = { predicates, except_good: false, good_after: [] };
  return { version, signature, collateral, untilAt: null } as LiveSignature;
}

/** Versions that are outlived at each host, chrome being what attacks the first and safari the second. */
function outlivedAt(signatures: readonly LiveSignature[]): readonly number[][] {
  const state = createSiteState('shop', 0);
  const scopes = hosts.map((host, index) => endpoint(host, ['chrome', 'safari'][index]!));
  for (const watched of scopes) state.scopes.set(scopeId('endpoint', watched.scope.key), watched);
  const campaign = {
    signatures: [...signatures],
    scopes: hosts.map((host) => ({ kind: 'endpoint', key: keyOf(host) })),
  } as unknown as OpenCampaign;
  return scopes.map((watched) =>
    outlived({ state, campaign, watched, pane: 0 } as CampaignAt, 'direct').map(({ version }) => version),
  );
}

test('a signature is outlived where it holds and costs something and selects nothing any more', () => {
  const de = live(1, 'edge', 'de.example');
  const free = live(2, 'edge', 'de.example', 0);
  const working = live(3, 'chrome', 'de.example');
  expect(outlivedAt([de, free, working])).toEqual([[1], []]);
});

test('one that stops the attack on another host is none', () => {
  const everywhere = live(1, 'safari', null);
  const there = live(2, 'firefox', 'fr.example');
  expect(outlivedAt([everywhere, there])).toEqual([[], [2]]);
});
