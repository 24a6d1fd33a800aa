import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../lib/ip.ts';
import { formatEvent } from './format.ts';
import { scenarioNames } from './scenarios.ts';
import { defaultStartMs, generateTraffic, incidentsOf, type TrafficOptions } from './traffic.ts';

const short = (options: Partial<TrafficOptions>): TrafficOptions => ({
  scenario: 'showcase',
  seed: 3,
  durationMs: 120_000,
  scale: 0.5,
  ...options,
});

function digest(options: TrafficOptions): string {
  const hash = createHash('sha256');
  for (const { event, label } of generateTraffic(options))
    hash.update(JSON.stringify(event)).update(JSON.stringify(label));
  return hash.digest('hex');
}

describe('generateTraffic', () => {
  it('depends on its options alone', () => {
    expect(digest(short({}))).toBe(digest(short({})));
    expect(digest(short({ seed: 4 }))).not.toBe(digest(short({ seed: 3 })));
  });

  it('is in order of time, inside its window, with valid addresses and unique ids', () => {
    const ids = new Set<string>();
    let last = defaultStartMs;
    for (const { event, label } of generateTraffic(short({}))) {
      expect(event.timestamp).toBeGreaterThanOrEqual(last);
      last = event.timestamp;
      if (ids.size % 50 === 0) expect(parseIp(event.client_ip), event.client_ip).not.toBeNull();
      expect(label.event_id).toBe(event.event_id);
      ids.add(event.event_id);
    }
    expect(last).toBeLessThan(defaultStartMs + 120_000);
    expect(ids.size).toBeGreaterThan(5_000);
  });

  it.each(scenarioNames)('%s: honest volume follows the scale; attacks stay in their windows', (scenario) => {
    const options = short({ scenario, durationMs: 240_000, scale: 0.4 });
    const incidents = incidentsOf(options);
    const attacks = incidents.filter((incident) => incident.kind === 'attack');
    let before = 0;
    for (const { event, label } of generateTraffic(options)) {
      if (event.timestamp < (incidents[0]?.fromMs ?? 0)) before++;
      if (label.label === 'attack') {
        expect(attacks.some((one) => event.timestamp >= one.fromMs && event.timestamp < one.untilMs)).toBe(
          true,
        );
        expect(label.on_target).toBe(true);
      }
    }
    const seconds = (incidents[0]!.fromMs - defaultStartMs) / 1000;
    expect(before / seconds).toBeGreaterThan(40 * 0.7);
    expect(before / seconds).toBeLessThan(40 * 1.4);
  });

  it('keeps the truth out of the event', () => {
    for (const { event } of generateTraffic(short({ durationMs: 20_000 })))
      expect(formatEvent(event, 'ndjson')).not.toMatch(/honest|attack|sweep|stuffing/);
  });

  it('has no attribute value that alone tells attackers from people', () => {
    const fields = [
      'ja4',
      'user_agent',
      'accept_language',
      'http_version',
      'referer',
      'cookie_count',
    ] as const;
    const seen = new Map<string, Set<string>>();
    const totals = new Map<string, number>();
    for (const { event, label } of generateTraffic(short({ durationMs: 300_000 }))) {
      if (label.label !== 'attack') continue;
      totals.set(label.population, (totals.get(label.population) ?? 0) + 1);
      for (const field of fields) {
        const key = `${label.population}/${field}`;
        let values = seen.get(key);
        if (values === undefined) {
          values = new Set();
          seen.set(key, values);
        }
        values.add(String(event[field]));
      }
    }
    expect(totals.size).toBe(3);
    for (const population of totals.keys()) {
      expect(seen.get(`${population}/ja4`)!.size).toBeGreaterThan(3);
      expect(seen.get(`${population}/user_agent`)!.size).toBeGreaterThan(8);
    }
  });

  it('an honest crowd has many fingerprints, shared addresses and mistyped passwords', () => {
    const fingerprints = new Set<string>();
    const sessionsOf = new Map<string, Set<string>>();
    let failures = 0;
    let logins = 0;
    for (const { event, label } of generateTraffic(
      short({ scenario: 'flash-sale', durationMs: 240_000, scale: 1 }),
    )) {
      if (label.label !== 'honest') continue;
      fingerprints.add(event.ja4 ?? '');
      if (event.outcome !== undefined) logins++;
      if (event.outcome === 'failure') failures++;
      if (event.session_id === undefined) continue;
      let sessions = sessionsOf.get(event.client_ip);
      if (sessions === undefined) {
        sessions = new Set();
        sessionsOf.set(event.client_ip, sessions);
      }
      sessions.add(event.session_id);
    }
    expect(fingerprints.size).toBeGreaterThan(60);
    expect(Math.max(...[...sessionsOf.values()].map((sessions) => sessions.size))).toBeGreaterThan(20);
    expect(failures / logins).toBeGreaterThan(0.03);
    expect(failures / logins).toBeLessThan(0.35);
  });

  it('writes combined lines that nginx could have written', () => {
    const line =
      /^\S+ - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "[A-Z]+ \S+ HTTP\/[\d.]+" \d{3} \d+ "[^"]*" "[^"]*"$/;
    let count = 0;
    for (const { event } of generateTraffic(short({ durationMs: 20_000 }))) {
      if (count++ % 20 === 0) expect(formatEvent(event, 'combined')).toMatch(line);
    }
  });
});
