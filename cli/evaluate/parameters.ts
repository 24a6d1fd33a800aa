import { InvalidArgumentError } from 'commander';

/** What can be set per run with `--parameters name=value`. */
export interface Parameters {
  /** Honest requests a second, about, when nothing happens. */
  readonly rate: number;
  /** Attack requests a second, as a multiple of `rate`. */
  readonly attack: number;
  /** Multiplies the size of honest crowds. */
  readonly crowd: number;
  /** Quiet time before, minutes: what the detector learns from. */
  readonly warm_up: number;
  /** How long the attack or the crowd lasts, minutes. */
  readonly minutes: number;
  /** Regular customers. */
  readonly people: number;
  /** From a decision to its effect at the edge, seconds. */
  readonly delay: number;
}

type Name = keyof Parameters;

/** Limits, and what a scenario that says nothing runs with. */
const known: { readonly [N in Name]: readonly [least: number, most: number, fallback: number] } = {
  rate: [1, 10_000, 50],
  attack: [0.001, 1000, 0.75],
  crowd: [0.01, 100, 1],
  warm_up: [0, 1440, 11],
  minutes: [0.5, 1440, 5],
  people: [50, 10_000_000, 6000],
  delay: [0, 600, 2],
};

export const parameterNames = Object.keys(known) as readonly Name[];

export const defaultParameters = Object.fromEntries(
  Object.entries(known).map(([name, [, , fallback]]) => [name, fallback]),
) as unknown as Parameters;

/** `rate=80,attack=2` or one of them at a time; all problems at once. */
export function parseParameters(texts: readonly string[]): Partial<Parameters> {
  const problems: string[] = [];
  const parsed: { [N in Name]?: number } = {};
  for (const part of texts.flatMap((text) => text.split(','))) {
    const [name, text, ...rest] = part.split('=');
    const limits = Object.hasOwn(known, name!) ? known[name as Name] : undefined;
    const value = Number(text);
    if (limits === undefined || rest.length > 0 || text === undefined || text.trim() === '')
      problems.push(`${part}: use name=number with one of ${parameterNames.join(', ')}`);
    else if (!(value >= limits[0] && value <= limits[1]))
      problems.push(`${part}: a number from ${limits[0]} to ${limits[1]}`);
    else parsed[name as Name] = value;
  }
  if (problems.length > 0) throw new InvalidArgumentError(problems.join('; '));
  return parsed;
}
