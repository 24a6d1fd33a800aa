import type { AssaultPlan } from '../generate/attacks/assault.ts';
import type { OutputFormat } from '../generate/format.ts';
import type { CrowdName } from '../generate/populations/population.ts';
import { defaultParameters, type Parameters } from './parameters.ts';

/** Rows of the table of goals (`goals.ts`): what a scenario has to show. */
export type Row = 'plain' | 'plain-a' | 'hard' | 'curve' | 'crowd' | 'attack-in-crowd' | 'quiet';

/** One labelled situation: who is there, what happens, and which goals it is held to. */
export interface Scenario {
  readonly name: string;
  /** In a line, for people. */
  readonly title: string;
  readonly row: Row;
  /** Names of the populations it runs on; `--population` chooses others that have what it needs. */
  readonly populations: readonly string[];
  /** The attack, without its rate; null for controls. */
  readonly attack: Omit<AssaultPlan, 'name' | 'perSecond'> | null;
  readonly crowds: readonly CrowdName[];
  /** The log begins only this long before, whatever `warm_up` says, ms; null: it has its quiet time. */
  readonly coldStartMs: number | null;
  /** Everybody's log-ins fail for this long from the start of what happens, ms. */
  readonly loginOutageMs: number;
  /** What the log has: everything, or what nginx writes without being asked. */
  readonly format: OutputFormat;
  readonly parameters: Partial<Parameters>;
}

/** A scenario, with what most of them have in common left out. */
export type ScenarioDraft = Pick<Scenario, 'name' | 'title' | 'row' | 'populations'> & Partial<Scenario>;

export function scenario(draft: ScenarioDraft): Scenario {
  return {
    attack: null,
    crowds: [],
    coldStartMs: null,
    loginOutageMs: 0,
    format: 'ndjson',
    parameters: {},
    ...draft,
  };
}

/** What a scenario runs with: the parameters given for the run, else its own, else what all have. */
export function parametersFor({ parameters }: Scenario, given: Partial<Parameters>): Parameters {
  return { ...defaultParameters, ...parameters, ...given };
}
