import { forEachLineOf } from '../delimited.ts';
import { applyClass, kindOf, type Provider } from '../provider.ts';
import { createRangeTable, noRange } from '../ranges.ts';

const dot = 46;
const slash = 47;

/** What `readPlainV4` read last. */
const plain = { address: 0, length: 32 };

/**
 * Reads a line that is an IPv4 address or network and nothing else, as nearly all are, without making a text of it. False
 * for anything out of the ordinary: that is then read with care.
 */
function readPlainV4(bytes: Buffer, from: number, to: number): boolean {
  let address = 0;
  let parts = 0;
  let value = -1;
  let index = from;
  for (; index <= to; index++) {
    const code = index < to ? bytes[index]! : slash;
    if (code >= 48 && code <= 57) {
      if (value === 0) return false; // a leading zero
      value = (value < 0 ? 0 : value * 10) + code - 48;
      if (value > 255) return false;
    } else {
      if (value < 0 || (code !== dot && code !== slash)) return false;
      address = address * 256 + value;
      value = -1;
      parts++;
      if (code === slash) break;
    }
  }
  if (parts !== 4) return false;
  plain.address = address;
  plain.length = 32;
  if (index >= to) return true;
  const digits = to - index - 1;
  if (digits < 1 || digits > 2) return false;
  let length = 0;
  for (index++; index < to; index++) {
    const digit = bytes[index]! - 48;
    if (digit < 0 || digit > 9) return false;
    length = length * 10 + digit;
  }
  plain.length = length;
  return length <= 32;
}

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
    const { bytes } = file;
    forEachLineOf(bytes, (from, to) => {
      if (readPlainV4(bytes, from, to)) {
        const size = 2 ** (32 - plain.length);
        const first = plain.address - (plain.address % size);
        builder.addV4(first, first + size - 1, 0);
        return;
      }
      const text = bytes
        .toString('utf8', from, to)
        .replace(/[#;].*$/, '')
        .trim();
      if (text !== '' && !(text.length <= 49 && builder.addNetwork(text, 0))) skipped++;
    });
    if (builder.added === 0) throw new Error(`${file.path}: no public network in it`);
    if (skipped > builder.added) throw new Error(`${file.path}: more than half of its lines are no networks`);
    const table = builder.build();
    return {
      kinds: [kindOf(listClass)],
      entries: builder.added,
      skipped: skipped + builder.leftOut,
      builtAt: null,
      lookup(address, facts) {
        if (table.get(address.ip) !== noRange) applyClass(listClass, file.operator, facts);
      },
    };
  },
};
