import type { Metrics } from '../../lib/observability/metrics.ts';

/** State of the pipeline as far as this process knows it; in production other processes have metrics of their own. */
export interface Pipeline {
  readonly lag: readonly { readonly group: string; readonly topic: string; readonly records: number }[];
  readonly edges: readonly EdgeState[];
}

export interface EdgeState {
  readonly edge: string;
  /** null: not known here. */
  readonly armed: boolean | null;
  readonly desired: number | null;
  readonly observed: number | null;
  readonly foreign: number | null;
  readonly drift: number | null;
  readonly capacity: number | null;
  readonly circuit_open: boolean | null;
  /** Epoch ms. */
  readonly last_success_at: string | null;
}

interface Sample {
  readonly labels: { readonly [name: string]: string | number | undefined };
  readonly value: number;
}

const samples = async (gauge: {
  get(): Promise<{ values: readonly Sample[] }>;
}): Promise<readonly Sample[]> => (await gauge.get()).values;

export async function readPipeline(metrics: Metrics): Promise<Pipeline> {
  const lag = new Map<string, { group: string; topic: string; records: number }>();
  for (const { labels, value } of await samples(metrics.consumerLag)) {
    const group = String(labels['group']);
    const topic = String(labels['topic']);
    const entry = lag.get(`${group} ${topic}`) ?? { group, topic, records: 0 };
    entry.records += value;
    lag.set(`${group} ${topic}`, entry);
  }
  const [entries, drift, capacity, success, circuit, armed] = await Promise.all(
    [
      metrics.edgeEntries,
      metrics.edgeDrift,
      metrics.edgeCapacity,
      metrics.edgeLastSuccess,
      metrics.edgeCircuitOpen,
      metrics.enforcementArmed,
    ].map((gauge) => samples(gauge as Parameters<typeof samples>[0])),
  );
  const find = (list: readonly Sample[] | undefined, edge: string, state?: string): number | null =>
    list?.find(({ labels }) => labels['edge'] === edge && (state === undefined || labels['state'] === state))
      ?.value ?? null;
  const yes = (value: number | null): boolean | null => (value === null ? null : value > 0);
  const names = new Set(
    [entries, drift, capacity, success, circuit, armed].flatMap((list) =>
      (list ?? []).map(({ labels }) => String(labels['edge'])),
    ),
  );
  return {
    lag: [...lag.values()].sort((a, b) => b.records - a.records),
    edges: [...names].sort().map((edge) => {
      const seconds = find(success, edge);
      return {
        edge,
        armed: yes(find(armed, edge)),
        desired: find(entries, edge, 'desired'),
        observed: find(entries, edge, 'observed'),
        foreign: find(entries, edge, 'foreign'),
        drift: find(drift, edge),
        capacity: find(capacity, edge),
        circuit_open: yes(find(circuit, edge)),
        last_success_at: seconds === null ? null : new Date(seconds * 1000).toISOString(),
      };
    }),
  };
}
