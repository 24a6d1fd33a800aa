import { expect, test } from 'vitest';
import { type AddressFacts, classify, emptyFacts, summarise } from './address-facts.ts';

const of = (facts: Partial<AddressFacts>) => {
  const { networkClass, proxyKind } = classify({ ...emptyFacts(), ...facts });
  return `${networkClass} ${proxyKind}`;
};

test.each<[Partial<AddressFacts>, string]>([
  [{}, 'unknown null'],
  [{ tor: true, relay: true, vpn: true, hosting: true }, 'tor tor'],
  [{ relay: true, vpn: true, hosting: true, asnClass: 'hosting' }, 'relay relay'],
  [{ residential: true, publicProxy: true, vpn: true, isp: true }, 'proxy residential'],
  [{ publicProxy: true, asnClass: 'hosting' }, 'proxy public'],
  [{ vpn: true, hosting: true }, 'vpn vpn'],
  [{ mobile: true, asnClass: 'hosting' }, 'mobile null'],
  [{ education: true, asnClass: 'hosting' }, 'education null'],
  [{ asnClass: 'hosting', isp: true }, 'hosting null'],
  [{ listed: true, asnClass: 'isp' }, 'hosting hosting'],
  [{ asnClass: 'vpn' }, 'vpn null'],
  [{ asnClass: 'isp' }, 'isp null'],
])('%j is %s', (facts, expected) => {
  expect(of(facts)).toBe(expected);
});

test('operator and confidence belong to a proxy, and stay within 1 to 99', () => {
  const facts = { ...emptyFacts(), operator: 'X', confidence: 0.01, vpn: true };
  expect(summarise(facts)).toMatchObject({ proxyOperator: 'X', proxyConfidence: 1 });
  expect(summarise({ ...facts, vpn: false })).toMatchObject({ proxyOperator: null, proxyConfidence: null });
});
