import { bank } from './bank.ts';
import type { Population } from './population.ts';
import { shop } from './shop.ts';
import { ticketing } from './ticketing.ts';

/** Every population. */
export const populations = [shop, bank, ticketing] as const satisfies readonly Population[];

export function findPopulation(name: string): Population | undefined {
  return populations.find((population) => population.name === name);
}
