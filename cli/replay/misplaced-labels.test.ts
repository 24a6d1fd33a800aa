import { expect, test } from 'vitest';
import { createLinePlaces } from './line-places.ts';
import { misplacedLabels } from './misplaced-labels.ts';

const log = { files: [{ name: 'a.log', format: 'combined' }], lines: 10, accepted: 8 };

test('labels by line are for one log, line by line', () => {
  const labels = { size: 10, byLine: true };
  expect(misplacedLabels(labels, log, 8)).toBeNull();
  expect(misplacedLabels({ ...labels, size: 8 }, log, 8)).toMatch(/there are 8 for 10 lines: nothing/);
  expect(misplacedLabels(labels, { ...log, files: [...log.files, ...log.files] }, 8)).toMatch(/is 2 files/);
  expect(misplacedLabels(labels, log, 7)).toMatch(/and ids repeat \(1 of 8 lines\): nothing/);
});

test('labels by id may be fewer, and none are no fault', () => {
  expect(misplacedLabels({ size: 3, byLine: false }, log, 8)).toBeNull();
  expect(misplacedLabels(null, log, 8)).toBeNull();
});

test('lines that are no requests are passed over', () => {
  const places = createLinePlaces();
  places.refused(1);
  places.refused(2);
  expect([places.next(), places.next()]).toEqual([0, 3]);
  places.refused(4);
  expect([places.next(), places.next()]).toEqual([5, 6]);
});
