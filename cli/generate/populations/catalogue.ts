import { bank } from './bank.ts';
import type { Population } from './population.ts';
import { shop } from './shop.ts';

/** Every population, the one that most resembles the others' core first. */
export const populations = [shop, bank] as const satisfies readonly Population[];

export type PopulationName = (typeof populations)[number]['name'];

export function findPopulation(name: string): Population | undefined {
  return populations.find((population) => population.name === name);
}
