import { describe, expect, it } from 'vitest';
import type { GeneratedEvent } from '../generate/event.ts';
import { findPopulation, populations } from '../generate/populations/catalogue.ts';
import { defaultParameters } from './parameters.ts';
import { happeningName, scenarioTraffic, suits } from './scenario-traffic.ts';
import { scenarios } from './scenarios.ts';

/** What an edge could look at in one request. Addresses and countries are not among them: attackers come from somewhere. */
const attributes: { readonly [name: string]: (event: GeneratedEvent) => unknown } = {
  fingerprint: (event) => event.ja4,
  agent: (event) => event.user_agent?.replaceAll(/[\d.]+/g, '0'),
  version: (event) => /(?:Chrome|Firefox|Version)\/(\d+)/.exec(event.user_agent ?? '')?.[1],
  language: (event) => event.accept_language,
  http: (event) => event.http_version,
  tls: (event) => event.tls_version,
  cookies: (event) => event.cookie_count,
  newCookies: (event) => event.set_cookie_count,
  referer: (event) => event.referer?.replaceAll(/\d+|\/p\/.*/g, '*'),
  session: (event) => event.session_id?.length,
  account: (event) => event.account_id?.length,
  bytes: (event) => event.request_bytes,
  query: (event) => event.query?.replaceAll(/\d/g, '0'),
  ipv6: (event) => event.client_ip.includes(':'),
};

/** The most of the attack that any set of values of one attribute selects with at most 2 % of the honest on target. */
function bestRule(
  events: readonly { event: GeneratedEvent; attack: boolean }[],
  of: (event: GeneratedEvent) => unknown,
) {
  const counts = new Map<unknown, { attack: number; honest: number }>();
  let attack = 0;
  let honest = 0;
  for (const one of events) {
    const value = of(one.event);
    const count = counts.get(value) ?? { attack: 0, honest: 0 };
    counts.set(value, count);
    if (one.attack) count.attack++;
    else count.honest++;
    if (one.attack) attack++;
    else honest++;
  }
  let covered = 0;
  let harmed = 0;
  const order = [...counts.values()].sort((a, b) => b.attack * (a.honest + 1) - a.attack * (b.honest + 1));
  for (const count of order) {
    if ((harmed + count.honest) / honest > 0.02) continue;
    covered += count.attack;
    harmed += count.honest;
  }
  return covered / attack;
}

const genuine = scenarios.filter(
  ({ attack }) => attack?.looks === 'genuine' && attack.exits !== 'ipv6-rotation',
);

describe('scenarios', () => {
  it('have names of their own and populations that suit them', () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
    for (const scenario of scenarios)
      for (const name of scenario.populations) {
        const population = findPopulation(name);
        expect(population, `${scenario.name} on ${name}`).toBeDefined();
        expect(suits(scenario, population!), `${scenario.name} on ${name}`).toBe(true);
      }
    expect(new Set(scenarios.flatMap((scenario) => scenario.populations)).size).toBe(populations.length);
  });

  it.each(
    genuine.flatMap(({ name, populations: on }) => on.map((population) => [name, population] as const)),
  )('%s on %s: no attribute of a request gives a genuine-looking attack away', (name, on) => {
    const scenario = genuine.find((one) => one.name === name)!;
    const traffic = scenarioTraffic(
      scenario,
      findPopulation(on)!,
      { ...defaultParameters, ...scenario.parameters, rate: 40, warm_up: 0, minutes: 2.5 },
      5,
    );
    const events = [];
    for (const { event, label } of traffic.events())
      if (label.on_target) events.push({ event, attack: label.label === 'attack' });
    for (const [attribute, of] of Object.entries(attributes))
      expect(bestRule(events, of), attribute).toBeLessThan(0.6);
  });

  it('hold their attack inside its time and label it', () => {
    const scenario = scenarios.find(({ name }) => name === 'payment-in-sale')!;
    const traffic = scenarioTraffic(
      scenario,
      populations[0],
      { ...defaultParameters, rate: 20, warm_up: 1, minutes: 1 },
      2,
    );
    let attacks = 0;
    for (const { event, label } of traffic.events()) {
      const inside = event.timestamp >= traffic.fromMs && event.timestamp < traffic.untilMs;
      expect(label.incident).toBe(inside ? happeningName : null);
      if (label.label === 'attack') {
        attacks++;
        expect(inside).toBe(true);
      }
    }
    expect(attacks).toBeGreaterThan(500);
  });
});
