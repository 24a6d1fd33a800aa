import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyCatalogue } from '../../../../lib/path/api-catalogue.ts';
import { detectorConfig } from '../../config.ts';
import { countNames, minedAttributes, paneMs, traitNames } from '../../layout.ts';
import { rewriteCondition } from '../../policies/condition.ts';
import { compilePolicy, loadPolicies, type Policy } from '../../policies/load-policies.ts';
import { reducePane } from '../site-reducer.ts';
import { createSiteState } from './create-site-state.ts';
import { learnedFeatures } from './learn-scope.ts';
import { FigureTable, figuresOf } from './scope-figures.ts';
import { judgedKinds } from './site-mix.ts';
import type { ReduceSettings } from './site-state.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true });

function celHolds(text: string, values: object): boolean {
  try {
    return environment.evaluate(rewriteCondition(text), values as Record<string, unknown>) === true;
  } catch {
    return false;
  }
}

/** Speaks of every kind of figure, and of some things that are left to CEL. */
const everything = `title: T
id: 0c0b6a1e-52a1-4f0e-9d0a-7b6d0e6a2f99
status: test
level: high
description: d
features:
  direct: {type: ratio, of: direct, group-by: [endpoint], timespan: 10s}
  rate: {type: event_count, group-by: [endpoint], timespan: 5s}
  part: {type: share, group-by: [endpoint], timespan: 10s}
  clients: {type: value_count, of: clients, group-by: [endpoint], timespan: 60s}
condition: >
  (endpoint.documented == true || endpoint.write && size(endpoint.template) > 3)
  && (excess(direct) > 0 || surprise(direct) < -1 || normal(direct).upper > 0.3
    || normal(direct).samples > 20 || normal(rate).rung == "endpoint" || normal(rate).n >= 3)
  && rate <= 30 * siblings * normal(rate).p99 + 1 && !(part > 0.9) && analogues.known - analogues.attacked < 1
refuted: direct > 0.9 && clients > 2
action: {kind: block, ttl: 1h}
`;

const policies: readonly Policy[] = [...loadPolicies(''), compilePolicy('p.yaml', everything)];
const settings: ReduceSettings = {
  config: detectorConfig.parse({ learning: { hold: '10s', hold_least: '10s' } }),
  policies,
  judged: judgedKinds(policies),
  learned: learnedFeatures(policies),
  figures: new FigureTable(policies),
  api: emptyCatalogue,
  inputs: () => [],
};

const endpoints = [
  ['POST shop.example/pay', 'payment'],
  ['POST shop.example/login', 'login'],
  ['GET shop.example/p/{number}', 'inventory'],
  ['GET shop.example/', 'content'],
] as const;

function groupOf(
  [key, fn]: readonly [key: string, fn: string],
  requests: number,
  share: number,
  kind = 'endpoint',
) {
  const counts: number[] = new Array(countNames.length).fill(Math.round(requests * share));
  counts[0] = requests;
  const traits: { readonly [name: string]: string } = {
    endpoint: key,
    host: 'shop.example',
    endpoint_function: fn,
    documented: 'yes',
  };
  const attributes = [...minedAttributes.map(() => null), ...traitNames.map((name) => traits[name] ?? null)];
  const samples = [{ order: requests, event_id: `e${requests}`, client: requests, flags: 0, attributes }];
  return { site: 'shop', kind, key, counts, sketches: [], samples };
}

test('a condition bound to places holds exactly where CEL says so of the same figures', () => {
  let held = 0;
  const pane = fc.array(
    fc.record({
      requests: fc.integer({ min: 0, max: 60 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: endpoints.length, maxLength: endpoints.length },
  );
  fc.assert(
    fc.property(fc.array(pane, { minLength: 5, maxLength: 60 }), (panes) => {
      const first = 1_794_000_000_000 / paneMs;
      const state = createSiteState('shop', first);
      panes.forEach((groups, index) => {
        const now = first + index;
        const present = groups.map(({ requests, share }, at) => groupOf(endpoints[at]!, requests, share));
        reducePane(state, settings, now, [...present, groupOf(['', ''], 240, 0, 'site')]);
        for (const watched of state.scopes.values()) {
          const figures = figuresOf(settings.figures, state, watched, now);
          for (const rule of figures.rules) {
            const { condition, refuted = 'false' } = rule.policy.document;
            const values = rule.values(figures);
            const holds = rule.condition(figures);
            if (holds) held++;
            expect(holds, condition).toBe(celHolds(condition, values));
            expect(rule.refuted?.(figures) ?? false, refuted).toBe(celHolds(refuted, values));
          }
        }
      });
    }),
    { numRuns: 30 },
  );
  expect(held).toBeGreaterThan(0);
});
