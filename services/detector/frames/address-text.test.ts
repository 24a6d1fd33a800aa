import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIp, networkText } from '../../../lib/ip.ts';
import { mostAddressBytes, writeAddress } from './address-text.ts';

const group = fc.oneof(fc.constantFrom(0, 1, 0xff, 0x100, 0xffff), fc.nat({ max: 0xffff }));
const v6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => {
  const ip = Buffer.alloc(16);
  for (const [index, value] of groups.entries()) ip.writeUInt16BE(value, 2 * index);
  return ip;
});
const v4 = fc
  .array(fc.nat({ max: 255 }), { minLength: 4, maxLength: 4 })
  .map((bytes) => Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes]));

test('addresses and networks are written as lib/ip has them', () => {
  const into = Buffer.alloc(mostAddressBytes + 3);
  fc.assert(
    fc.property(fc.oneof(v4, v6), fc.boolean(), (ip, network) => {
      const padded = Buffer.concat([Buffer.alloc(5), ip]);
      const end = writeAddress(padded, 5, network, into, 3);
      expect(into.toString('latin1', 3, end)).toBe(network ? networkText(ip) : formatIp(ip));
    }),
    { numRuns: 3000 },
  );
});
