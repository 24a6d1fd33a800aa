import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTextTable } from './text-table.ts';

test('property: what is found is what is made of the text, however many fall to one slot', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 4 }), { maxLength: 60 }), fc.string(), (texts, before) => {
      const table = createTextTable(2, (raw) => ({ raw, made: `<${raw}>` }));
      for (const text of texts) {
        const line = `${before}${text} rest`;
        const found = table.find(line, before.length, before.length + text.length);
        expect(found).toEqual({ raw: text, made: `<${text}>` });
      }
    }),
  );
});

test('a text that comes again gives the same object, one that nothing is made of is asked for again', () => {
  let made = 0;
  const table = createTextTable(8, (raw) => {
    made++;
    return raw === 'no' ? null : { raw };
  });
  expect(table.find('a yes', 2, 5)).toBe(table.find('yes', 0, 3));
  expect(table.find('no', 0, 2)).toBeNull();
  expect(table.find('no', 0, 2)).toBeNull();
  expect(made).toBe(3);
});
