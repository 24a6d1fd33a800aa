import type { EventLabel } from '../generate/event.ts';
import type { RequestOutcome } from './simulated-edge.ts';

export interface Share {
  readonly requests: number;
  readonly stopped: number;
  /** Of the stopped ones, how many were challenged or throttled rather than blocked. */
  readonly softly: number;
  /** stopped / requests, null without requests. */
  readonly share: number | null;
  /** 95 % interval of the share (Wilson). */
  readonly interval: readonly [low: number, high: number] | null;
}

export interface IncidentScore {
  readonly incident: string;
  readonly attack: Share;
  /** Attack requests later than 30 s after the first one. */
  readonly attackLater: Share;
  /** First attack request to the first one stopped, ms; null: none was. */
  readonly firstStopAfterMs: number | null;
  /** Attack requests before the first one stopped. */
  readonly letThroughFirst: number;
  /** Honest requests while the incident lasted. */
  readonly honest: Share;
  /** Of these, the ones to what is attacked. */
  readonly honestOnTarget: Share;
}

export interface Score {
  readonly incidents: readonly IncidentScore[];
  /** All honest requests, inside and outside of incidents. */
  readonly honest: Share;
  readonly attack: Share;
}

interface Tally {
  requests: number;
  stopped: number;
  softly: number;
}

interface IncidentTally {
  attack: Tally;
  attackLater: Tally;
  honest: Tally;
  onTarget: Tally;
  firstAttackAt: number | null;
  firstStopAt: number | null;
  letThroughFirst: number;
}

const laterMs = 30_000;
const tally = (): Tally => ({ requests: 0, stopped: 0, softly: 0 });

function add(into: Tally, outcome: RequestOutcome): void {
  into.requests++;
  if (outcome === 'allowed') return;
  into.stopped++;
  if (outcome !== 'blocked') into.softly++;
}

/** Wilson's interval at 95 %: sane for shares near nothing, where the usual one is not. */
export function wilson(stopped: number, requests: number): readonly [number, number] {
  const z = 1.96;
  const share = stopped / requests;
  const scale = 1 + (z * z) / requests;
  const centre = share + (z * z) / (2 * requests);
  const spread = z * Math.sqrt((share * (1 - share)) / requests + (z * z) / (4 * requests * requests));
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

export const shareOf = ({ requests, stopped, softly }: Readonly<Tally>): Share => ({
  requests,
  stopped,
  softly,
  share: requests === 0 ? null : stopped / requests,
  interval: requests === 0 ? null : wilson(stopped, requests),
});

/** Compares what became of requests with the truth about them, one request at a time, in order of time. */
export function createScorer() {
  const incidents = new Map<string, IncidentTally>();
  const honest = tally();
  const attack = tally();
  return {
    add(timestamp: number, label: EventLabel, outcome: RequestOutcome): void {
      const isAttack = label.label === 'attack';
      add(isAttack ? attack : honest, outcome);
      if (label.incident === null) return;
      let current = incidents.get(label.incident);
      if (current === undefined) {
        current = {
          attack: tally(),
          attackLater: tally(),
          honest: tally(),
          onTarget: tally(),
          firstAttackAt: null,
          firstStopAt: null,
          letThroughFirst: 0,
        };
        incidents.set(label.incident, current);
      }
      if (!isAttack) {
        add(current.honest, outcome);
        if (label.on_target) add(current.onTarget, outcome);
        return;
      }
      current.firstAttackAt ??= timestamp;
      add(current.attack, outcome);
      if (timestamp >= current.firstAttackAt + laterMs) add(current.attackLater, outcome);
      if (outcome !== 'allowed') current.firstStopAt ??= timestamp;
      else if (current.firstStopAt === null) current.letThroughFirst++;
    },
    result(): Score {
      return {
        incidents: [...incidents].map(([incident, one]) => ({
          incident,
          attack: shareOf(one.attack),
          attackLater: shareOf(one.attackLater),
          firstStopAfterMs:
            one.firstStopAt === null || one.firstAttackAt === null
              ? null
              : one.firstStopAt - one.firstAttackAt,
          letThroughFirst: one.letThroughFirst,
          honest: shareOf(one.honest),
          honestOnTarget: shareOf(one.onTarget),
        })),
        honest: shareOf(honest),
        attack: shareOf(attack),
      };
    },
  };
}

export type Scorer = ReturnType<typeof createScorer>;

/** The whole score of a finished list. */
export function scoreOutcomes(
  rows: Iterable<{
    readonly timestamp: number;
    readonly label: EventLabel;
    readonly outcome: RequestOutcome;
  }>,
): Score {
  const scorer = createScorer();
  for (const row of rows) scorer.add(row.timestamp, row.label, row.outcome);
  return scorer.result();
}
