import { expect, test } from 'vitest';
import type { Sample } from '../../pane-group.ts';
import type { Weighted } from '../miner/weighted.ts';
import { sampleOf } from '../site/scope.test-fixture.ts';
import { areFromUsualPlaces } from './usual-places.ts';

const from = (asn: string, country: string): Sample => sampleOf({ order: 1, client: 1 }, { asn, country });
const people: Sample[] = Array.from({ length: 200 }, (_, index) =>
  from(`${100 + (index % 12)}`, index % 5 === 0 ? 'AT' : 'DE'),
);
const weighted = (samples: readonly Sample[]): Weighted[] => samples.map((sample) => ({ sample, weight: 2 }));

test('people come from where they always do', () => {
  expect(areFromUsualPlaces(weighted(people.slice(30, 70)), people)).toBe(true);
});

test('proxies are in other countries, or with other networks in the same', () => {
  const abroad = people.slice(0, 40).map((one, index) => (index % 2 === 0 ? from('900', 'BR') : one));
  expect(areFromUsualPlaces(weighted(abroad), people)).toBe(false);
  const rented = Array.from({ length: 40 }, (_, index) => from('900', index % 5 === 0 ? 'AT' : 'DE'));
  expect(areFromUsualPlaces(weighted(rented), people)).toBe(false);
});

test('where it is not known where people come from, nobody comes from there', () => {
  const unknown = Array.from({ length: 200 }, () => sampleOf({ order: 1, client: 1 }));
  expect(areFromUsualPlaces(weighted(unknown), unknown)).toBe(false);
});
