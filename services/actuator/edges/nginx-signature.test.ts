import { expect, test } from 'vitest';
import { is } from '../../../test/counterparts/edge-fixture.ts';
import { renderSignature } from './nginx-signature.ts';

const rendered = (exceptGood: boolean, goodAfter: readonly string[], standing?: string) =>
  renderSignature(
    { predicates: [is('method', 'in', 'GET')], except_good: exceptGood, good_after: [...goodAfter] },
    'r0',
    { named: {}, standing },
  );
const asksForPass = (of: ReturnType<typeof rendered>): boolean =>
  'lines' in of && of.lines.some((line) => line.startsWith('map $standing '));

test('whom a signature spares is asked of passes where nginx checks them', () => {
  expect(asksForPass(rendered(true, [], '$standing'))).toBe(true);
  expect(asksForPass(rendered(false, ['any'], '$standing'))).toBe(true);
  expect(asksForPass(rendered(false, [], '$standing'))).toBe(false);
});

test('where nginx checks none, a signature that must spare the good is left out, and one that may holds for everybody', () => {
  expect(rendered(true, [])).toMatchObject({ inexpressible: expect.stringContaining('good clients') });
  expect(rendered(false, ['any'])).toEqual(rendered(false, []));
});
