import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIp } from '../../../lib/ip.ts';
import { emptyFacts } from '../address-facts.ts';
import type { DataSet } from '../provider.ts';
import { createRangeTable, noRange } from '../ranges.ts';
import { netset } from './netset.ts';

const number = fc.oneof(fc.nat(9), fc.nat(300), fc.constantFrom('00', '01', '', '1a', ' 1'));
const address = fc.array(number, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
const line = fc
  .tuple(
    fc.constantFrom('', ' '),
    fc.oneof({ weight: 4, arbitrary: address }, { weight: 1, arbitrary: fc.ipV6() }),
    fc.constantFrom('', '', '/8', '/24', '/32', '/33', '/0', '/024', '/2x', '/', '/3/2'),
    fc.constantFrom('', '', ' # note', ';x', '\r'),
  )
  .map((parts) => parts.join(''));

const load = (lines: readonly string[]): DataSet =>
  netset.load({
    path: 'x.netset',
    bytes: Buffer.from(lines.join('\n')),
    modifiedAt: 0,
    class: 'vpn',
    operator: null,
  });

function isListed(set: DataSet, ip: Buffer): boolean {
  const facts = emptyFacts();
  set.lookup({ ip, text: '' }, facts);
  return facts.vpn;
}

test('plain lines are read as every other line is', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.ipV4(), { maxLength: 5 }), (lines, probes) => {
      const all = ['81.2.69.0/24', ...lines];
      const expected = createRangeTable();
      let skipped = 0;
      for (const text of all.map((each) => each.replace(/[#;].*$/, '').trim()))
        if (text !== '' && !(text.length <= 49 && expected.addNetwork(text, 0))) skipped++;
      fc.pre(skipped <= expected.added);
      const set = load(all);
      expect([set.entries, set.skipped]).toEqual([expected.added, skipped + expected.leftOut]);
      const table = expected.build();
      const near = all.flatMap((each) => parseIp(each.trim().split('/')[0]!) ?? []);
      for (const ip of [...near, ...probes.map((probe) => parseIp(probe)!)]) {
        expect(isListed(set, ip)).toBe(table.get(ip) !== noRange);
      }
    }),
  );
});

test('special-purpose networks stand in published lists too, and say nothing', () => {
  const set = load(['81.2.69.0/24', '198.51.100.0/24', '10.0.0.0/8 # home', '2001:db8::/32']);
  expect(set).toMatchObject({ entries: 1, skipped: 3 });
  const listed = ['81.2.69.7', '198.51.100.7', '10.1.2.3', '2001:db8::7'].map((text) =>
    isListed(set, parseIp(text)!),
  );
  expect(listed).toEqual([true, false, false, false]);
  expect(() => load(['10.0.0.0/8', '192.168.0.0/16'])).toThrow(/no public network/);
});
