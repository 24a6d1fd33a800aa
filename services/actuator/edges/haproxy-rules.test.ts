import fc from 'fast-check';
import { expect, test } from 'vitest';
import { standingText } from '../../../lib/pass/token.ts';
import { compileSignature } from '../../../lib/signature/signature.ts';
import { partBit, spares } from '../../../lib/signature/standing.ts';
import { eventOf, is, rule, type Sample, sparing } from '../../../test/counterparts/edge-fixture.ts';
import { endpointLabel, frontendGeneration, haproxyAttributes } from './haproxy-attributes.ts';
import { assignBits, renderRuleMaps } from './haproxy-maps.ts';
import { type BitRule, liveKey, mostRules, ruleMasks, whyNoHaproxyRule } from './haproxy-rules.ts';
import { placed } from './placed-entry.ts';

const signatureOf = (...predicates: ReturnType<typeof is>[]) => ({
  predicates,
  except_good: false,
  good_after: [],
});

/** What the lines of the frontend, or those of an earlier generation, make of the maps. */
function matched(
  masks: ReadonlyMap<string, bigint>,
  values: { readonly [attribute: string]: string },
  generation = frontendGeneration,
): bigint {
  let rules = 0n;
  for (let each = 1; each <= generation; each++) rules |= masks.get(liveKey(each))!;
  const known = Object.entries(haproxyAttributes).filter(([, { since }]) => since <= generation);
  for (const attribute of [...known.map(([name]) => name), 'standing']) {
    const named = masks.get(`${attribute}=${values[attribute] ?? ''}`);
    rules &= named ?? masks.get(`${attribute}=*`) ?? -1n;
  }
  return rules;
}

const agents = ['Mozilla/5.0', 'curl/8', 'grün'];
const predicate = fc.oneof(
  fc.record({
    attribute: fc.constant('user_agent'),
    op: fc.constantFrom('in', 'not_in', 'absent', 'present'),
    values: fc.subarray(agents),
  }),
  fc.record({
    attribute: fc.constant('http_version'),
    op: fc.constantFrom('in', 'not_in'),
    values: fc.subarray(['1.1', '2', '2.0']),
  }),
  fc.record({
    attribute: fc.constant('browser_version'),
    op: fc.constantFrom('lte', 'gte'),
    values: fc.tuple(fc.integer({ min: 60, max: 90 }).map(String)),
  }),
  fc.record({
    attribute: fc.constant('has_cookie'),
    op: fc.constantFrom('in', 'not_in', 'present', 'absent'),
    values: fc.subarray(['yes', 'no']),
  }),
);

test('the bits that are left are the signatures that hold', () => {
  const signatures = fc.array(fc.array(predicate, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
  const request = fc.record({
    userAgent: fc.option(fc.constantFrom(...agents)),
    version: fc.option(fc.integer({ min: 55, max: 100 })),
    cookie: fc.boolean(),
    http: fc.constantFrom('1.1', '2.0', '3.0'),
  });
  fc.assert(
    fc.property(signatures, fc.array(request, { maxLength: 5 }), (given, requests) => {
      const rules = given.map(
        (predicates, index): BitRule => ({
          bit: 62 - index * 7,
          strength: 4,
          signature: signatureOf(...predicates),
        }),
      );
      const masks = ruleMasks(rules);
      for (const { userAgent, version, cookie, http } of requests) {
        const sample: Partial<Sample> = { userAgent, cookie };
        const event = eventOf(sample);
        const full = {
          ...event,
          browser_version: version,
          request: { ...event.request, http_version: http },
        };
        const values = {
          user_agent: userAgent === null ? '' : Buffer.from(userAgent).toString('base64'),
          browser_version: version === null ? '' : String(version),
          has_cookie: cookie ? '5' : '',
          http_version: http,
        };
        const expected = rules.filter(({ signature }) => {
          // HAProxy writes 2.0 where a log may say 2.
          const spelled = {
            ...full,
            request: { ...full.request, http_version: http === '2.0' ? '2' : http },
          };
          const match = compileSignature(signature);
          return signature.predicates.some(({ attribute }) => attribute === 'http_version') && http === '2.0'
            ? signature.predicates.every((each) => {
                const one = compileSignature(signatureOf(each));
                return each.op === 'not_in' ? one(full) && one(spelled) : one(full) || one(spelled);
              })
            : match(full);
        });
        expect(matched(masks, values)).toBe(
          expected.reduce((mask, rule) => mask | (1n << BigInt(rule.bit)), 0n),
        );
      }
    }),
  );
});

test('what HAProxy can not evaluate is said', () => {
  const why = (...predicates: ReturnType<typeof is>[]) =>
    whyNoHaproxyRule(signatureOf(...predicates), ['ja4'], () => 'nobody is known');
  expect(why(is('ja4', 'in', 't13d'))).toBeNull();
  expect(why(is('country', 'in', 'XX'))).toMatch(/does not supply country/);
  expect(why(is('network_class', 'in', 'hosting'))).toMatch(/no network_class/);
  expect(why(is('ja4', 'in', 'a b'))).toMatch(/can not say ja4/);
  expect(why(is('browser_version', 'lte', '100000'))).toMatch(/up to 9999/);
  expect(why(is('user_agent', 'lte', '3'))).toMatch(/can not be compared/);
  expect(why()).toBe('says nothing');
  expect(
    whyNoHaproxyRule({ ...signatureOf(is('method', 'in', 'GET')), except_good: true }, [], () => 'nobody'),
  ).toBe('nobody');
});

test('a frontend whose lines do not know an attribute does not see the rules that need it', () => {
  const tool = is('user_agent', 'in', 'curl/8');
  const rules = [signatureOf(tool), signatureOf(tool, is('end_user_country', 'in', 'XX'))].map(
    (signature, bit): BitRule => ({ bit, strength: 4, signature }),
  );
  const agent = { user_agent: Buffer.from('curl/8').toString('base64') };
  const masks = ruleMasks(rules);
  expect(matched(masks, { ...agent, end_user_country: 'XX' })).toBe(0b11n);
  expect(matched(masks, { ...agent, end_user_country: 'YY' })).toBe(0b01n);
  for (const country of ['XX', 'YY'])
    expect(matched(masks, { ...agent, end_user_country: country }, 1)).toBe(0b01n);
});

test('a rule keeps its bit, and a bit is used again as late as can be', () => {
  const freedAt = Array.from({ length: mostRules }, () => 0);
  const first = assignBits(['a', 'b', 'c'], new Map(), freedAt);
  expect([...first]).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
  freedAt[1] = 10;
  expect([...assignBits(['c', 'd', 'a'], first, freedAt)]).toEqual([
    ['c', 2],
    ['a', 0],
    ['d', 3],
  ]);
  const full = Array.from({ length: mostRules }, (_, index) => `k${index}`);
  const all = assignBits(full, new Map(), freedAt);
  expect(new Set(all.values()).size).toBe(mostRules);
  // Nothing is free: the only bit that comes free now has to do.
  expect(assignBits([...full.slice(1), 'new'], all, freedAt).get('new')).toBe(all.get('k0'));
});

test('a rule that spares the good does not hold for those whom it would spare in detection; others hold for all', () => {
  const endpoint = 'POST /payment';
  const wish = fc.record({
    spares: fc.boolean(),
    after: fc.subarray(['cart', 'login', 'several', 'history']),
  });
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 5 }), fc.nat(1023), (wanted, standing) => {
      const rules = wanted.map(({ spares, after }, bit): BitRule => {
        const signature = signatureOf(is('endpoint', 'in', endpoint));
        return { bit, strength: 4, signature: { ...signature, except_good: spares, good_after: after } };
      });
      const request = { endpoint: endpointLabel(endpoint), standing: standingText(standing) };
      const left = matched(ruleMasks(rules), request);
      // The part of the request itself speaks for nobody.
      const before = standing & ~partBit('payment');
      for (const { bit, signature } of rules)
        expect((left & (1n << BigInt(bit))) !== 0n).toBe(!spares(signature, before));
      const stranger = matched(ruleMasks(rules), { ...request, standing: '' });
      expect(stranger).toBe((1n << BigInt(rules.length)) - 1n);
    }),
  );
});

test('where the edge is not set up to know the good, a rule that may spare them holds for everybody', () => {
  const entry = placed(sparing(rule(is('method', 'in', 'GET')), ['any'], false));
  const standing = (knowsGood: boolean) =>
    [
      ...renderRuleMaps([entry], new Map([[entry.key, 0]]), [], knowsGood)
        .get('rules')!
        .keys(),
    ].filter((key) => key.startsWith('standing='));
  expect(standing(true)).toContain('standing=|cart|content|');
  expect(standing(false)).toEqual([]);
});
