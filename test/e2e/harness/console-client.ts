import { runTidegate } from './tidegate.ts';

export type SqlRow = { readonly [column: string]: unknown };

/** Asks a running instance through its console's API, as `tidegate sql` does. */
export async function sqlOf<T extends object = SqlRow>(consoleUrl: string, sql: string): Promise<T[]> {
  const response = await fetch(`${consoleUrl}/api/v1/sql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql }),
  });
  const body = (await response.json()) as { rows?: T[]; detail?: string };
  if (!response.ok || body.rows === undefined) throw new Error(`${sql}: ${body.detail ?? response.status}`);
  return body.rows;
}

/** Asks the store in a state folder that no process has open, with `tidegate sql`. */
export async function sqlIn<T extends object = SqlRow>(config: string, sql: string): Promise<T[]> {
  const { code, stdout, tail } = await runTidegate(['--config', config, 'sql', '--json', sql]);
  if (code !== 0) throw new Error(`tidegate sql ended with code ${code}\n${tail}`);
  return JSON.parse(stdout) as T[];
}

/** The sum of a metric over the series whose labels include these. */
export async function metricOf(
  opsUrl: string,
  name: string,
  labels: { readonly [label: string]: string } = {},
): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    if (Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
      sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}
