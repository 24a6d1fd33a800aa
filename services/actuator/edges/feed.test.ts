import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { dependenciesFor, entryFor, ip, planOf } from '../../../test/counterparts/vendors/edge-contract.ts';
import { createFeedEdge, feedConfig } from './feed.ts';

const serve = async (more: object = {}) => {
  const edge = createFeedEdge(feedConfig.parse({ kind: 'feed', name: 'list', ...more }), dependenciesFor());
  const app = Fastify();
  edge.register!(app);
  const severe = entryFor(ip('203.0.113.9'), { level: 'critical' });
  const others = Array.from({ length: 9 }, (_, index) => entryFor(ip(`198.51.100.${index}`)));
  const v6 = entryFor(ip('2001:db8::/64'), { level: 'low' });
  await edge.apply(await planOf(edge, [v6, ...others, severe], new Set()), new AbortController().signal);
  return async (query = '') => {
    const { statusCode, body, headers } = await app.inject(`/v1/feeds/list.txt${query}`);
    return { status: statusCode, lines: body.split('\n').slice(0, -1), headers };
  };
};

test('the most severe come first, whatever is cut', async () => {
  const get = await serve();
  const all = await get();
  expect(all.lines.length).toBe(11);
  expect([all.lines[0], all.lines[10]]).toEqual(['203.0.113.9/32', '2001:db8::/64']);
  expect((await get('?limit=1')).lines).toEqual(['203.0.113.9/32']);
  expect((await get('?family=v6')).lines).toEqual(['2001:db8::/64']);
});

test('pages add up to the list, and tell how long it is', async () => {
  const get = await serve();
  const pages = [
    await get('?page=1&page_size=4'),
    await get('?page=2&page_size=4'),
    await get('?page=3&page_size=4'),
  ];
  expect(pages.map(({ lines }) => lines.length)).toEqual([4, 4, 3]);
  expect(pages.flatMap(({ lines }) => lines)).toEqual((await get()).lines);
  expect(pages[0]!.headers['x-total-count']).toBe('11');
  expect((await get('?page=4&page_size=4')).lines).toEqual([]);
  expect((await get('?page=0')).status).toBe(400);
});

test('an answer longer than readers take ends with a whole line, and says what is missing', async () => {
  const get = await serve({ max_bytes: 46 });
  const { lines, headers } = await get();
  expect(lines).toEqual(['203.0.113.9/32', '198.51.100.0/32']);
  expect(headers['x-left-out']).toBe('9');
});
