import type { Decision, EnrichedRequest } from '../../lib/contracts/generated.ts';
import type { Network } from '../../lib/ip.ts';
import type { EdgePreset } from './edge-presets.ts';
import { createProtectedNetworks } from './protected-networks.ts';
import { createSimulatedEdge, type EdgeReport, type SimulatedEdge } from './simulated-edge.ts';

/** One simulated edge a site, made when the site is met. `exempt`: networks that no decision may stop. */
export function createSimulatedEdges(options: {
  readonly preset: EdgePreset;
  readonly delayMs: number;
  readonly entries: number;
  readonly exempt: readonly Network[];
}): SimulatedEdge {
  const { preset, delayMs, entries } = options;
  const isExempt = createProtectedNetworks(options.exempt);
  const isProtected = ({ bot, request }: EnrichedRequest): boolean =>
    bot === 'verified' || isExempt(request.client_ip);
  const edges = new Map<string, SimulatedEdge>();
  const edgeOf = (site: string): SimulatedEdge => {
    let edge = edges.get(site);
    if (edge === undefined) {
      edge = createSimulatedEdge({ preset, delayMs, entries, isProtected });
      edges.set(site, edge);
    }
    return edge;
  };
  return {
    learn: (decision: Decision) => edgeOf(decision.site).learn(decision),
    judge: (event, standing) => edgeOf(event.request.site).judge(event, standing),
    report: () => combined([...edges.values()].map((edge) => edge.report())),
  };
}

function combined(reports: readonly EdgeReport[]): EdgeReport {
  const unsupported: { [kind: string]: number } = {};
  const sum = { entries: 0, rules: 0, peakEntries: 0, peakRules: 0, leftOut: 0 };
  for (const report of reports) {
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key];
    for (const [kind, number] of Object.entries(report.unsupported))
      unsupported[kind] = (unsupported[kind] ?? 0) + number;
  }
  return { ...sum, unsupported };
}
