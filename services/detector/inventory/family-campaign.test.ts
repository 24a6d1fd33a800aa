import { expect, test } from 'vitest';
import { runDetector } from '../run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from '../traffic.test-fixture.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 2, 9);
const onset = start + 16 * minute;
const colours = 'red blue green black white grey pink lime teal navy'.split(' ');
const things = 'shoe shirt sock cap belt coat scarf glove boot tie vest robe'.split(' ');

/** People look up the stock of things by name, most of which are asked for rarely; then a crowd of bots does. */
function lookUps(): Sketch[] {
  const next = random(21);
  const name = (n: number): string =>
    `${colours[n % 10]}-${things[Math.floor(n / 10) % 12]}-${'abcdefgh'[Math.floor(n / 120) % 8]}`;
  const people: Sketch[] = [];
  for (let at = start; at < onset + minute; at += 700) {
    const ip = `91.7.${Math.floor(next() * 200)}.${Math.floor(next() * 200)}`;
    const who = { ip, session: `p${at}`, agent: 'Chrome/157', ja4: 't13d1516h2_a', country: 'DE', asn: 3320 };
    people.push({ ...who, at, endpoint: 'GET /', fn: 'content' });
    people.push({
      ...who,
      at: at + 300,
      endpoint: `GET /stock/${name(Math.floor(next() ** 3 * 900))}`,
      fn: 'inventory',
    });
  }
  const bots: Sketch[] = [];
  for (let at = onset; at < onset + minute; at += 12)
    bots.push({
      at,
      ip: `45.${Math.floor(next() * 200)}.${Math.floor(next() * 200)}.9`,
      endpoint: `GET /stock/${name(Math.floor(next() * 900))}`,
      fn: 'inventory',
      status: next() < 0.4 ? 404 : 200,
      agent: 'Chrome/99',
      ja4: 't13d0000_bot',
      country: 'ID',
      asn: 70_000,
      label: 'attack',
    });
  return inOrder(crowd({ seed: 5, from: start, until: onset + minute, visits: () => 0.5 }), people, bots);
}

test('a sweep over names that no two requests share is one campaign on their family, and match selects it', async () => {
  const sketches = lookUps();
  const { campaigns, evaluations } = await runDetector(sketches, { partitions: 2 });
  const family = 'GET shop.example/stock/{word}';
  const active = campaigns.filter(({ state }) => state === 'active');
  expect(new Set(active.flatMap(({ scopes }) => scopes.map(({ key }) => key)))).toContain(family);
  let attack = 0;
  let selected = 0;
  let honest = 0;
  for (const { event, evaluation } of evaluations) {
    const isAttack = sketches[event.source_offset]?.label === 'attack';
    if (isAttack && event.request.timestamp >= onset + 30_000) attack++;
    if (evaluation.inForce === null || (evaluation.inForce.signature.except_good && evaluation.good))
      continue;
    if (!isAttack) honest++;
    else if (event.request.timestamp >= onset + 30_000) selected++;
  }
  expect(selected / attack).toBeGreaterThan(0.95);
  expect(honest).toBeLessThan(5);
}, 60_000);
