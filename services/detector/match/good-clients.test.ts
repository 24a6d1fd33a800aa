import { expect, test } from 'vitest';
import type { Campaign, EnrichedRequest, GoodClient } from '../../../lib/contracts/generated.ts';
import { parseIp } from '../../../lib/ip.ts';
import type { LogBatch, Outgoing } from '../../../lib/log/log.ts';
import { fingerprintOf } from '../../../lib/pass/binding.ts';
import { caller, history, partBit, verified } from '../../../lib/signature/standing.ts';
import type { RequestFacts } from '../state/request-facts.ts';
import { CampaignBook } from './campaign-book.ts';
import { GoodClients } from './good-clients.ts';

const minute = 60_000;
function listOf(more: Partial<Campaign> = {}, goodAfter: readonly string[] = ['cart']) {
  const book = new CampaignBook();
  const predicates = [{ attribute: 'endpoint', op: 'in', values: ['POST /payment'] }];
  const campaign = {
    campaign_id: 'cmp_a',
    revision: 1,
    site: 'default',
    mode: 'enforce',
    opened_at: 0,
    updated_at: 0,
    closed_at: null,
    scopes: [],
    signatures: [
      {
        version: 1,
        signature: { predicates, except_good: true, good_after: goodAfter },
        from_at: minute,
        until_at: 600 * minute,
      },
    ],
    ...more,
  };
  book.take({ records: [{ type: 'Campaign', value: campaign }] } as unknown as LogBatch<'campaigns'>);
  const good = new GoodClients(book);
  return (minutes: number, standing: number, agent: string | null = 'Firefox', site = 'default') => {
    const request = {
      site,
      timestamp: minutes * minute,
      user_agent: agent,
      client_ip: parseIp('2001:db8::7')!,
    };
    const outputs: Outgoing[] = [];
    good.note(
      { request } as unknown as EnrichedRequest,
      { clientLo: 1, clientHi: 2 } as unknown as RequestFacts,
      standing,
      outputs,
    );
    return outputs.map(({ value }) => value as GoodClient);
  };
}
const [cart, content] = [partBit('cart'), partBit('content')];

test('who earned what a signature in force asks for is said, once, with what it earns besides, and again before it ends', () => {
  const note = listOf();
  expect(note(0.5, cart)).toEqual([]);
  expect(note(1, content)).toEqual([]);
  expect(note(2, cart)).toEqual([
    {
      site: 'default',
      client: '2001:db8::',
      fingerprint: fingerprintOf(['Firefox']),
      standing: ['cart'],
      updated_at: 2 * minute,
      until_at: 32 * minute,
    },
  ]);
  expect(note(3, cart)).toEqual([]);
  // The part of a request itself is not in its standing: what was said holds.
  expect(note(4, content)[0]).toMatchObject({ standing: ['cart', 'content'], until_at: 34 * minute });
  expect(note(5, cart)).toEqual([]);
  expect(note(20, cart)[0]).toMatchObject({ standing: ['cart', 'content'], until_at: 50 * minute });
  // Another browser at the same address is another client, and so is the one that comes back after the end.
  expect(note(21, cart, 'Chrome')).toHaveLength(1);
  expect(note(60, cart)[0]).toMatchObject({ standing: ['cart'] });
  expect(note(61, cart, 'Firefox', 'other')).toEqual([]);
});

test('words are not kept beyond a visit of four hours', () => {
  const note = listOf();
  for (let minutes = 2; minutes < 242; minutes += 15) note(minutes, cart | content);
  expect(note(243, cart)[0]).toMatchObject({ standing: ['cart'] });
});

test('a history is enough for all; a server that reads no pages earns nothing; who simulates asks nobody', () => {
  expect(listOf()(2, history)[0]).toMatchObject({ standing: ['history'] });
  expect(listOf()(2, verified)[0]).toMatchObject({ standing: ['history'] });
  expect(listOf({}, [])(2, caller)).toEqual([]);
  expect(listOf({}, [])(2, content)).toHaveLength(1);
  expect(listOf({ mode: 'simulate' })(2, cart)).toEqual([]);
});
