import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, formatNetwork, maskIp, parseIp, parseNetwork, v4Number } from '../../../lib/ip.ts';
import { indexNetworks } from './wide-networks.ts';

const seeds = [
  '192.0.2.7',
  '192.0.2.200',
  '192.1.2.7',
  '198.51.100.9',
  '2001:db8::7',
  '2001:db8:0:1::7',
  '::7',
];
const network = fc
  .tuple(fc.constantFrom(...seeds.map((text) => parseIp(text)!)), fc.integer({ min: 0, max: 128 }))
  .map(([address, prefix]) => ({ address: maskIp(address, prefix), prefix }));

test('the narrowest wider network around each one, be it of IPv4, of IPv6, or one in which all of IPv4 lies', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(network, { selector: formatNetwork, maxLength: 12 }),
      network,
      (networks, asked) => {
        const index = indexNetworks(networks.map((each, node) => ({ network: each, node })));
        const around = (of: typeof asked) =>
          networks
            .filter((each) => each.prefix < of.prefix && contains(each, of.address))
            .sort((a, b) => b.prefix - a.prefix)[0] ?? null;
        expect(networks[index.around(asked)] ?? null).toEqual(around(asked));
        for (const text of seeds.slice(0, 4)) {
          const single = parseNetwork(text)!;
          // Of a single address its own network is none.
          const wide = networks.filter(({ prefix }) => prefix < 128);
          const ofWide = indexNetworks(wide.map((each, node) => ({ network: each, node })));
          expect(wide[ofWide.aroundV4(v4Number(single.address))] ?? null).toEqual(around(single));
        }
      },
    ),
    { numRuns: 500 },
  );
});
