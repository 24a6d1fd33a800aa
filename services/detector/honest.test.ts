import { describe, expect, it } from 'vitest';
import { runDetector } from './run.test-fixture.ts';
import { afterReset, crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const background = (seed: number, minutes = 6) =>
  crowd({ seed, from: start, until: start + minutes * minute, visits: () => 4 });

/** Campaigns that stop somebody, and verdicts: none of these crowds may cause one. */
async function acted(sketches: readonly Sketch[]): Promise<string[]> {
  const run = await runDetector(sketches);
  return [
    ...run.campaigns.filter((campaign) => campaign.state === 'active').map((campaign) => campaign.title),
    ...run.verdicts.map((verdict) => verdict.reason),
  ];
}

describe('honest look-alikes', { timeout: 60_000 }, () => {
  it('lets a calm stretch pass', async () => {
    expect(await acted(inOrder(background(11)))).toEqual([]);
  });

  it('lets a flash sale pass: foreign newcomers, deep links, mistyped passwords', async () => {
    const sale = crowd({
      seed: 12,
      from: start + 3.5 * minute,
      until: start + 6 * minute,
      visits: (at) => Math.min(30, (at - start - 3.5 * minute) / 1000),
      deepLink: 0.9,
      foreign: 0.4,
      mistyped: 0.25,
    });
    expect(await acted(inOrder(background(11), sale))).toEqual([]);
  });

  it('lets the nightly batch of a partner pass', async () => {
    const next = random(5);
    const batch: Sketch[] = [];
    for (let at = start + 4 * minute; at < start + 5 * minute; at += 25)
      batch.push({
        at,
        ip: '198.51.100.7',
        endpoint: 'GET /api/stock',
        fn: 'inventory',
        partner: 'acme',
        agent: 'acme-sync/2',
        ja4: 't13d_acme',
        language: null,
        country: 'DE',
        asn: 3320,
        network: 'hosting',
        params: { sku: String(Math.floor(next() * 400)), zip: String(Math.floor(next() * 60)) },
      });
    expect(await acted(inOrder(background(11), batch))).toEqual([]);
  });

  it('lets a carrier NAT pass: hundreds of people behind one address', async () => {
    const behind = [...crowd({ seed: 13, from: start, until: start + 6 * minute, visits: () => 3 })].map(
      (sketch): Sketch => ({ ...sketch, ip: '100.70.1.1', country: 'DE', asn: 3320 }),
    );
    expect(await acted(inOrder(background(11), behind))).toEqual([]);
  });

  it('lets everybody pass who mistypes after a reset of all passwords', async () => {
    const visits = afterReset({ next: random(8), from: start + 4 * minute, until: start + 6 * minute });
    expect(await acted(inOrder(background(11, 7), visits))).toEqual([]);
  });

  it('lets a monitor pass', async () => {
    const monitor: Sketch[] = [];
    for (let at = start; at < start + 6 * minute; at += 5000)
      monitor.push({
        at,
        ip: '203.0.113.5',
        endpoint: 'GET /health',
        fn: 'other',
        agent: 'monitor/1',
        ja4: 'm',
      });
    expect(await acted(inOrder(background(11), monitor))).toEqual([]);
  });
});

describe('one abusive client in a plain access log', { timeout: 60_000 }, () => {
  it('finds it and no other, without sessions, fingerprints or countries', async () => {
    const plain = (sketch: Sketch): Sketch => ({
      at: sketch.at,
      ip: sketch.ip,
      endpoint: sketch.endpoint,
      agent: sketch.agent!,
      ...(sketch.status === undefined ? {} : { status: sketch.status }),
    });
    const people = [...crowd({ seed: 14, from: start, until: start + 2 * minute, visits: () => 1 })].map(
      plain,
    );
    const abuser: Sketch[] = [];
    for (let at = start + minute; at < start + minute + 5000; at += 2)
      abuser.push({ at, ip: '203.0.113.66', endpoint: 'GET /', agent: 'wrk' });
    const run = await runDetector(inOrder(people, abuser));
    expect([...new Set(run.verdicts.map((verdict) => verdict.target.value))]).toEqual(['203.0.113.66']);
  });

  it('leaves those alone who still use the endpoint when it has stopped', async () => {
    const stock = 'GET /stores/{number}/stock';
    for (const seed of [1, 2, 3, 4]) {
      const next = random(seed);
      const ask = (at: number, ip: string, store: number, status: number): Sketch => ({
        at: Math.floor(at),
        ip,
        endpoint: stock,
        fn: 'inventory',
        network: 'hosting',
        status,
        params: { store: String(store) },
      });
      // an office behind a cloud's exits, one page after the other
      const people: Sketch[] = [];
      for (let person = 0; person < 40; person++) {
        const ip = `198.51.100.${person + 10}`;
        let at = start + next() * 2000;
        for (let step = 0; at < start + 45_000; step++) {
          const page = ['GET /', 'GET /c/shoes', 'GET /p/{slug}', stock, 'GET /cart'][step % 5]!;
          people.push(
            page === stock
              ? ask(at, ip, person, 200)
              : { at: Math.floor(at), ip, endpoint: page, fn: 'content', network: 'hosting' },
          );
          at += 400 + next() * 500;
        }
      }
      const scan: Sketch[] = [];
      for (let at = start + 12_000; scan.length < 2800; at += -Math.log(next()) * 5)
        scan.push(ask(at, '203.0.113.66', 1000 + scan.length, 404));
      const run = await runDetector(inOrder(people, scan));
      expect([...new Set(run.verdicts.map((verdict) => verdict.target.value))]).toEqual(['203.0.113.66']);
    }
  });
});
