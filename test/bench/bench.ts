/** One measured number. */
export interface Figure {
  /** What was measured, without its unit. */
  readonly name: string;
  readonly value: number;
  /** `lines/s`, `s`, `bytes`, `s/million events` */
  readonly unit: string;
  /** What the number depends on: sizes, rates, options. */
  readonly parameters: { readonly [name: string]: string | number | boolean };
  /** User and system time that the measured part took, all threads of its process. */
  readonly cpu_seconds: number;
}

/** Measures and answers; sets up what it needs under `benchFolder`. Throws when it cannot measure. */
export type Bench = () => Promise<readonly Figure[]>;

/** Runs `work` and answers its result with the wall and CPU seconds that this process spent meanwhile. */
export async function timed<T>(
  work: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number; readonly cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Makes figures that depend on the same things and cost the same. */
export function figureOf(
  parameters: Figure['parameters'],
  cpuSeconds: number,
): (name: string, value: number, unit: string) => Figure {
  return (name, value, unit) => ({
    name,
    value: rounded(value),
    unit,
    parameters,
    cpu_seconds: rounded(cpuSeconds),
  });
}

/** The value that a share of the values does not exceed. */
export function quantilesOf(values: readonly number[]): (share: number) => number {
  const inOrder = values.toSorted((a, b) => a - b);
  return (share) => inOrder[Math.ceil(share * inOrder.length) - 1]!;
}

/** Three significant digits more than anyone should believe. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
