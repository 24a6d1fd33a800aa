import { describe, expect, it } from 'vitest';
import type { Predicate, Signature } from '../../../../lib/contracts/generated.ts';
import { minedAttributes, traitIndex } from '../../layout.ts';
import { sampleOf } from '../site/scope.test-fixture.ts';
import { weightBeforeUpdate } from './app-updates.ts';
import { candidatePredicates } from './candidates.ts';
import { maskOf } from './mask.ts';
import { indexOf } from './sample-index.ts';
import { sampleCost, sampleSignature } from './sample-predicate.ts';
import type { Weighted } from './weighted.ts';

const agentOf = (version: string): string => `Shop/${version} (iPhone; iOS 26.1; Scale/3.00)`;

function by(agent: string, order: number, client_class = 'app'): Weighted {
  const sample = sampleOf({ order, client: order }, { user_agent: agent });
  const attributes = [...sample.attributes];
  attributes[traitIndex.client_class] = client_class;
  return { weight: 1, sample: { ...sample, attributes } };
}

const many = (count: number, agent: string, from: number, client_class = 'app'): Weighted[] =>
  Array.from({ length: count }, (_, index) => by(agent, from + index, client_class));

const naming = { addresses: false, networks: false };
const named = (agent: string): Predicate => ({ attribute: 'user_agent', op: 'in', values: [agent] });
const signatureOf = (...predicates: Predicate[]): Signature => ({
  predicates,
  except_good: false,
  good_after: [],
});
const people = [
  ...many(30, agentOf('8.0.2'), 0),
  ...many(10, agentOf('7.12'), 100),
  ...many(20, 'python-requests/2.31.0', 200, 'server'),
  ...many(40, 'Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0.0.0 Safari/537.36', 300, 'browser'),
];

describe('a version of an app', () => {
  it.each([
    ['a release nobody has yet', agentOf('8.1.0'), 40],
    ['the newest', agentOf('8.0.2'), 10],
    ['one between', agentOf('7.13'), 10],
    ['an old one', agentOf('6.9'), 0],
    ['another app', 'Shopper/9.0 (iPhone)', 0],
    ['a tool, which nobody updates for people', 'python-requests/2.32.3', 0],
    ['a browser', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/157.0.0.0 Safari/537.36', 0],
    ['no version', 'Shop', 0],
  ])('weighs what the earlier ones do: %s', (_, agent, weight) => {
    expect(weightBeforeUpdate(people, 'user_agent', agent)).toBe(weight);
  });

  it.each([
    ['the same device, an earlier build', 'Pay/7.42.1 (Android 14; SM-A546E; build 74210) okhttp/4.12.0', 5],
    ['another device', 'Pay/7.42.1 (Android 14; SM-G991B; build 74210) okhttp/4.12.0', 0],
    ['another version of the system', 'Pay/7.42.1 (Android 15; SM-A546E; build 74210) okhttp/4.12.0', 0],
    ['the version said twice', 'Bus/2.10 (2.10; iPhone15,2; iOS 26.1; v2.10-beta) CFNetwork/3860', 3],
  ])('weighs those whose user agent an update would make the same: %s', (_, agent, weight) => {
    const known = [
      ...many(5, 'Pay/7.40.2 (Android 14; SM-A546E; build 74020) okhttp/4.9.3', 0),
      ...many(3, 'Bus/2.9.1 (2.9.1; iPhone15,2; iOS 26.1; v2.9.1-beta) CFNetwork/3826', 50),
      ...many(2, 'Bus/2.9.1 (2.9.1; iPhone13,4; iOS 26.1; v2.9.1-beta) CFNetwork/3826', 60),
    ];
    expect(weightBeforeUpdate(known, 'user_agent', agent)).toBe(weight);
  });

  it('as a product costs everyone who has an earlier one, on whatever device', () => {
    const using = (version: string, device: string, order: number): Weighted => {
      const { sample, weight } = by(`Pay/${version} (${device})`, order);
      const attributes = [...sample.attributes];
      attributes[minedAttributes.indexOf('product')] = `Pay/${version}`;
      return { weight, sample: { ...sample, attributes } };
    };
    const known = ['SM-A546E', 'SM-G991B', 'Pixel 9'].map((device, order) => using('7.40.2', device, order));
    expect(weightBeforeUpdate(known, 'product', 'Pay/7.42.0')).toBe(3);
    expect(weightBeforeUpdate(known, 'product', 'Pay/7.12.0')).toBe(0);
    const costs = sampleCost(signatureOf({ attribute: 'product', op: 'in', values: ['Pay/7.42.0'] }));
    expect(known.filter(({ sample }) => costs(sample))).toHaveLength(3);
  });

  it('costs those who will have it, and stops those who do', () => {
    const signature = signatureOf(named(agentOf('8.1.0')));
    const [stops, costs] = [sampleSignature(signature), sampleCost(signature)];
    expect(people.filter(({ sample }) => stops(sample))).toHaveLength(0);
    expect(people.filter(({ sample }) => costs(sample))).toHaveLength(40);
    expect(stops(by(agentOf('8.1.0'), 1).sample)).toBe(true);
    const index = indexOf(people);
    expect(index.costs(named(agentOf('8.1.0')))).toEqual(
      maskOf(people.length, (at) => costs(people[at]!.sample)),
    );
  });

  it('is no candidate while it is new, and one when it is old', () => {
    const mostly = [...people, ...many(200, agentOf('8.0.2'), 500)];
    const predicates = (version: string) =>
      candidatePredicates(many(40, agentOf(version), 1000), mostly, naming, false);
    expect(predicates('8.1.0')).toEqual([]);
    expect(predicates('6.9')).toContainEqual(named(agentOf('6.9')));
  });
});
