import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIp } from '../../../lib/ip.ts';
import { emptyFacts } from '../address-facts.ts';
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

test('plain lines are read as every other line is', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.ipV4(), { maxLength: 5 }), (lines, probes) => {
      const all = ['192.0.2.0/24', ...lines];
      const expected = createRangeTable();
      let skipped = 0;
      for (const text of all.map((each) => each.replace(/[#;].*$/, '').trim()))
        if (text !== '' && !(text.length <= 49 && expected.addNetwork(text, 0))) skipped++;
      fc.pre(skipped <= expected.added);
      const set = netset.load({
        path: 'x.netset',
        bytes: Buffer.from(all.join('\n')),
        modifiedAt: 0,
        class: 'vpn',
        operator: null,
      });
      expect([set.entries, set.skipped]).toEqual([expected.added, skipped]);
      const table = expected.build();
      const near = all.flatMap((each) => parseIp(each.trim().split('/')[0]!) ?? []);
      for (const ip of [...near, ...probes.map((probe) => parseIp(probe)!)]) {
        const facts = emptyFacts();
        set.lookup({ ip, text: '' }, facts);
        expect(facts.vpn).toBe(table.get(ip) !== noRange);
      }
    }),
  );
});
