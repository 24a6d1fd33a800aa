import { type Scenario, scenario } from './scenario.ts';
import { controls } from './scenarios/controls.ts';
import { curves } from './scenarios/curves.ts';
import { hard } from './scenarios/hard.ts';
import { inSale } from './scenarios/in-sale.ts';
import { plain } from './scenarios/plain.ts';

/** Every scenario, in the order of the table that they print. */
export const scenarios: readonly Scenario[] = [...plain, ...hard, ...curves, ...inSale, ...controls].map(
  scenario,
);
