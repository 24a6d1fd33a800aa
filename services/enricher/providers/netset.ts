import { forEachLine } from '../delimited.ts';
import { applyClass, kindOf, type Provider } from '../provider.ts';
import { createRangeTable, noRange } from '../ranges.ts';

/** Lists of networks, one a line: x4bnet, FireHOL netsets, Tor exits, the published ranges of clouds and crawlers. */
export const netset: Provider = {
  name: 'netset',
  description: 'One address or CIDR a line, comments after # or ;; needs `class`',
  recognises: () => true,
  load(file) {
    const listClass = file.class;
    if (listClass === null)
      throw new Error(
        `${file.path}: a list of networks needs \`class\` (hosting, vpn, tor, public_proxy, ...)`,
      );
    const builder = createRangeTable();
    let skipped = 0;
    forEachLine(file.bytes, (line) => {
      const text = line.replace(/[#;].*$/, '').trim();
      if (text !== '' && !(text.length <= 49 && builder.addNetwork(text, 0))) skipped++;
    });
    if (builder.added === 0) throw new Error(`${file.path}: no network in it`);
    if (skipped > builder.added) throw new Error(`${file.path}: more than half of its lines are no networks`);
    const table = builder.build();
    return {
      kinds: [kindOf(listClass)],
      entries: builder.added,
      skipped,
      builtAt: null,
      lookup(address, facts) {
        if (table.get(address.ip) !== noRange) applyClass(listClass, file.operator, facts);
      },
    };
  },
};
