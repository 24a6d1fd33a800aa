import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../lib/ip.ts';
import { labelledEvents } from '../labelled-events.ts';
import { populations } from './catalogue.ts';
import type { Population } from './population.ts';

const startMs = Date.parse('2026-11-12T13:00:00Z');
const minutes = 10;
const setting = { seed: 4, startMs, endMs: startMs + minutes * 60_000, rate: 20 };

function events(population: Population) {
  const community = population.settle(setting);
  return [...labelledEvents(community.background(240_000), { ...setting, idPrefix: 'evt_' }, () => null)].map(
    ({ event, label }) => ({
      event,
      label,
      targets: Object.entries(community.targets)
        .filter(([, target]) => target.onTarget(event))
        .map(([name]) => name),
    }),
  );
}

describe.each(populations)('$name', (population) => {
  const all = events(population);

  it('makes about as many requests as were asked for, in order, from valid addresses', () => {
    expect(all.length / (minutes * 60)).toBeGreaterThan(20 * 0.75);
    expect(all.length / (minutes * 60)).toBeLessThan(20 * 1.35);
    let last = startMs;
    for (const [index, { event, label }] of all.entries()) {
      expect(event.timestamp).toBeGreaterThanOrEqual(last);
      last = event.timestamp;
      expect(label.label).toBe('honest');
      if (index % 50 === 0) expect(parseIp(event.client_ip), event.client_ip).not.toBeNull();
    }
  });

  it('is the same again with the same seed', () => {
    expect(events(population).map(({ event }) => event)).toEqual(all.map(({ event }) => event));
  });

  it('uses everything that can be attacked, and still has few on it', () => {
    const counts = new Map<string, number>();
    for (const { targets } of all) for (const name of targets) counts.set(name, (counts.get(name) ?? 0) + 1);
    const community = population.settle(setting);
    for (const name of Object.keys(community.targets)) {
      expect((counts.get(name) ?? 0) / all.length, name).toBeGreaterThan(0.03);
      expect((counts.get(name) ?? 0) / all.length, name).toBeLessThan(0.4);
    }
  });

  it('comes in bursts: counts of ten seconds vary by more than chance', () => {
    const counts = new Array<number>(minutes * 6).fill(0);
    for (const { event } of all) {
      const slot = Math.floor((event.timestamp - startMs) / 10_000);
      counts[slot] = counts[slot]! + 1;
    }
    const mean = counts.reduce((sum, one) => sum + one, 0) / counts.length;
    const variance = counts.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (counts.length - 1);
    expect(variance / mean).toBeGreaterThan(2);
  });

  it('has shared addresses, IPv6, many fingerprints, failed log-ins and people without cookies or a language', () => {
    const sessions = new Map<string, Set<string>>();
    for (const { event } of all) {
      if (event.session_id === undefined) continue;
      const known = sessions.get(event.client_ip) ?? new Set();
      sessions.set(event.client_ip, known.add(event.session_id));
    }
    expect(Math.max(...[...sessions.values()].map(({ size }) => size))).toBeGreaterThan(5);
    const some = (test: (event: (typeof all)[number]['event']) => boolean) =>
      all.filter(({ event }) => test(event)).length / all.length;
    expect(some(({ client_ip: ip }) => ip.includes(':'))).toBeGreaterThan(0.04);
    expect(some(({ session_id: session }) => session === undefined)).toBeGreaterThan(0.003);
    expect(some(({ accept_language: language }) => language === undefined)).toBeGreaterThan(0.003);
    expect(some(({ outcome }) => outcome === 'failure')).toBeGreaterThan(0.003);
    expect(new Set(all.map(({ event }) => event.ja4)).size).toBeGreaterThan(25);
    expect(new Set(all.map(({ event }) => event.user_agent)).size).toBeGreaterThan(100);
  });
});
