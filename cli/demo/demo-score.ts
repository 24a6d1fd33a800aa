import type { Decision, EnrichedRequest } from '../../lib/contracts/generated.ts';
import type { Network } from '../../lib/ip.ts';
import type { EventLabel } from '../generate/event.ts';
import { edgePresets } from '../replay/edge-presets.ts';
import { createScorer, type Score } from '../replay/score-outcomes.ts';
import { createSimulatedEdges } from '../replay/simulated-edges.ts';

/**
 * Measures the demo after the fact: with every decision known, each request is judged in order of time by an edge that
 * follows decisions after a fixed delay. Requests come from several partitions in any order, so they are kept until
 * the end; the demo's traffic is bounded.
 */
export interface DemoScore {
  evaluated(event: EnrichedRequest, standing: number): void;
  decision(decision: Decision): void;
  readonly requests: number;
  readonly decisions: readonly Decision[];
  /** `exempt`: networks that no decision may stop. */
  result(labels: ReadonlyMap<string, EventLabel>, exempt: readonly Network[]): Score;
  /** A client address of an attack that is among the listed, and an honest one that is not. */
  examples(
    labels: ReadonlyMap<string, EventLabel>,
    listed: ReadonlySet<string>,
  ): {
    readonly stopped: Buffer | null;
    readonly served: Buffer | null;
  };
}

export const demoEdge = edgePresets.find(({ name }) => name === 'generic')!;

export function createDemoScore(): DemoScore {
  const events = new Map<string, { readonly event: EnrichedRequest; readonly standing: number }>();
  const revisions = new Map<string, Decision>();

  return {
    // Keyed by id: after a rebalance a partition may be evaluated again from its checkpoint, with the same answer.
    evaluated: (event, standing) => void events.set(event.request.event_id, { event, standing }),
    decision: (decision) => void revisions.set(`${decision.decision_id}/${decision.revision}`, decision),
    get requests() {
      return events.size;
    },
    get decisions() {
      return [
        ...new Map([...revisions.values()].map((decision) => [decision.decision_id, decision])).values(),
      ];
    },
    result(labels, exempt) {
      const { delayMs, entries } = demoEdge;
      const edges = createSimulatedEdges({ preset: demoEdge, delayMs, entries, exempt });
      for (const decision of [...revisions.values()].sort((a, b) => a.revision - b.revision))
        edges.learn(decision);
      const scorer = createScorer();
      const ordered = [...events.values()].sort(
        (a, b) => a.event.request.timestamp - b.event.request.timestamp,
      );
      for (const { event, standing } of ordered) {
        const label = labels.get(event.request.event_id);
        if (label === undefined) continue;
        scorer.add(event.request.timestamp, label, edges.judge(event, standing).outcome);
      }
      return scorer.result();
    },
    examples(labels, listed) {
      let stopped: Buffer | null = null;
      let served: Buffer | null = null;
      for (const { event } of events.values()) {
        const { client_ip: ip, event_id: id } = event.request;
        const text = `${ip[12]}.${ip[13]}.${ip[14]}.${ip[15]}`;
        const attack = labels.get(id)?.label === 'attack';
        if (attack && stopped === null && listed.has(text)) stopped = ip;
        if (!attack && served === null && !listed.has(text) && ip[10] === 0xff) served = ip;
        if (stopped !== null && served !== null) break;
      }
      return { stopped, served };
    },
  };
}
