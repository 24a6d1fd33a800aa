import { expect, test } from 'vitest';
import { contains, parseIp } from '../../../lib/ip.ts';
import { compileSignature } from '../../../lib/signature/signature.ts';
import { eventOf, is } from '../../../test/counterparts/edge-fixture.ts';
import { conditionOf as signatureCondition } from '../rules/signature-condition.ts';
import { type AddressAttribute, networkOfValue } from './address-values.ts';
import { envoyCondition } from './envoy-signature.ts';
import { haproxyAttributes } from './haproxy-attributes.ts';
import { renderSignature } from './nginx-signature.ts';

const attributes: readonly AddressAttribute[] = ['client_ip', 'network_24_48'];
const values = [
  ...['192.0.2.7', '::ffff:192.0.2.7', '192.0.2.7/32', '2001:db8::7', '2001:DB8::7', '2001:db8:0::7', 'odd'],
  ...[
    '192.0.2.0/24',
    '192.0.2.7/24',
    '192.0.2.0/25',
    '::ffff:192.0.2.0/120',
    '2001:db8::/48',
    '2001:db8::7/48',
  ],
];
const addresses = [
  '192.0.2.7',
  '192.0.2.200',
  '2001:db8::7',
  '2001:db8:0:1::7',
  '::1',
  '::ffff:198.51.100.1',
];

test('a value stands for the addresses that a compiled signature compares as equal, and for no other', () => {
  for (const attribute of attributes)
    for (const value of values) {
      const selects = compileSignature({
        predicates: [is(attribute, 'in', value)],
        except_good: false,
        good_after: [],
      });
      const network = networkOfValue(attribute, value);
      for (const address of addresses)
        expect([attribute, value, address, network !== null && contains(network, parseIp(address)!)]).toEqual(
          [attribute, value, address, selects(eventOf({ ip: address }))],
        );
    }
});

test('no edge takes a value that is written in another way for an address, or for a wider network', () => {
  const of = (attribute: string, value: string) => ({
    predicates: [is(attribute, 'in', value)],
    except_good: false,
    good_after: [],
  });
  for (const [attribute, value] of [
    ['client_ip', '::ffff:192.0.2.7'],
    ['client_ip', '2001:DB8::7'],
    ['network_24_48', '192.0.2.7/24'],
    ['network_24_48', '::ffff:192.0.2.0/120'],
  ] as const) {
    const signature = of(attribute, value);
    expect(envoyCondition(signature, { source: 'remote', headers: {} })).toEqual({ condition: false });
    expect(signatureCondition(signature)).toEqual({ is: 'never' });
    expect(haproxyAttributes[attribute]!.keyOf(value)).toBeNull();
    expect(renderSignature(signature, 'r0', { named: {} })).toMatchObject({
      lines: ['geo $tidegate_r0_0 {', '    default 0;', '}', expect.anything()],
    });
  }
});
