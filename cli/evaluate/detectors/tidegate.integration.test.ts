import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { rootConfig } from '../../config.ts';
import { findPopulation } from '../../generate/populations/catalogue.ts';
import { defaultParameters } from '../parameters.ts';
import { runScenario } from '../run-scenario.ts';
import { scenarioTraffic } from '../scenario-traffic.ts';
import { scenarios } from '../scenarios.ts';
import { stopNobody } from './constants.ts';
import { createTidegate } from './tidegate.ts';

const parameters = { ...defaultParameters, rate: 15, attack: 2, warm_up: 3, minutes: 1.5, people: 800 };
const tidegate = createTidegate(rootConfig.parse({}), silentLogger);

describe.each(['shadow-payment', 'payment-plain-log'])('%s through the services', (name) => {
  const scenario = scenarios.find((one) => one.name === name)!;
  const population = findPopulation('shop')!;
  const run = (detector: typeof tidegate) =>
    runScenario({
      scenario,
      population,
      parameters,
      seed: 6,
      detector,
      signal: new AbortController().signal,
    });

  it('gives every request its own label, and stops an attack that stands out', async () => {
    const { tally, campaigns, decisions } = await run(tidegate);
    const { tally: truth } = await run(stopNobody);
    expect(tally.requests).toBe([...scenarioTraffic(scenario, population, parameters, 6).events()].length);
    for (const part of ['attack', 'honest', 'honest_on_target', 'honest_always'] as const)
      expect(tally[part].requests, part).toBe(truth[part].requests);
    expect(decisions).toBeGreaterThan(0);
    expect(campaigns.some(({ state }) => state === 'active')).toBe(true);
    // Labels that were off by some would spread what is stopped over both alike.
    expect(tally.attack_later.share!).toBeGreaterThan(0.5);
    expect(tally.honest.share!).toBeLessThan(0.05);
  });
});

it('trades harm for attack stopped by its collateral budgets', () => {
  expect(tidegate.operatingPoints).toEqual(['as shipped', '0.5 %', '2 %', '10 %']);
});
