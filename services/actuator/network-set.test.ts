import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, type Network, overlaps, parseNetwork } from '../../lib/ip.ts';
import { createNetworkSet } from './network-set.ts';

const network = fc
  .tuple(fc.constantFrom('10.1', '10.2', '192.0'), fc.nat(3), fc.nat(3), fc.integer({ min: 8, max: 32 }))
  .map(([a, b, c, length]) => parseNetwork(`${a}.${b}.${c}/${length}`)!);
const v6 = fc
  .tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 16, max: 128 }))
  .map(([a, b, length]) => parseNetwork(`2001:db8:${a}::${b}/${length}`)!);
const any: fc.Arbitrary<Network> = fc.oneof(network, v6);

test('agrees with a scan over all members', () => {
  fc.assert(
    fc.property(fc.array(any, { maxLength: 12 }), any, (members, asked) => {
      const set = createNetworkSet(members.map((member, index) => [member, index] as const));
      const overlap = members.some((member) => overlaps(member, asked));
      const cover = members.some(
        (member) => member.prefix <= asked.prefix && contains(member, asked.address),
      );
      expect(set.overlapping(asked) !== null).toBe(overlap);
      expect(set.covering(asked) !== null).toBe(cover);
    }),
    { numRuns: 500 },
  );
});
