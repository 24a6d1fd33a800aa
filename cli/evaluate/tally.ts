import type { EventLabel } from '../generate/event.ts';
import { createScorer, type Share, shareOf } from '../replay/score-outcomes.ts';
import type { RequestOutcome } from '../replay/simulated-edge.ts';
import { happeningName } from './scenario-traffic.ts';

/** What became of the requests of one run. */
export interface Tally {
  readonly requests: number;
  /** Attack requests to the target. What attackers do elsewhere (pages they load first) is `elsewhere`. */
  readonly attack: Share;
  /** The same from 30 s after the first one. */
  readonly attack_later: Share;
  readonly attack_elsewhere: Share;
  /** First attack request to the first one stopped, seconds; null: none was. */
  readonly first_block_seconds: number | null;
  /** Attack requests to the target before the first one stopped. */
  readonly let_through: number;
  /** Of these, the ones within the enforcement delay: already decided, not yet in effect. */
  readonly let_through_in_delay: number;
  /** Honest requests while the attack or the crowd lasts. */
  readonly honest: Share;
  readonly honest_on_target: Share;
  /** Honest requests in the whole run, before and after too. */
  readonly honest_always: Share;
  /** Attack requests to the target by half minutes since the first one. */
  readonly attack_by_half_minute: readonly { readonly requests: number; readonly stopped: number }[];
  /** Kinds of honest people and machines that were stopped, with how many requests, most first. */
  readonly harmed: readonly { readonly population: string; readonly requests: number }[];
}

const halfMinuteMs = 30_000;

/** Adds figures of several runs up. */
export function pooled(shares: readonly Share[]): Share {
  const sum = (of: (share: Share) => number) => shares.reduce((total, share) => total + of(share), 0);
  return shareOf({
    requests: sum((share) => share.requests),
    stopped: sum((share) => share.stopped),
    softly: sum((share) => share.softly),
  });
}

const empty = pooled([]);

/** Counts as outcomes become known, in order of time. */
export function createTally(delayMs: number) {
  const scorer = createScorer();
  const elsewhere = createScorer();
  /** Attack requests let through before the first stop, by the time they came. */
  const waiting: number[] = [];
  const byHalfMinute: { requests: number; stopped: number }[] = [];
  const harmed = new Map<string, number>();
  let firstAttackAt: number | null = null;
  let inDelay: number | null = null;
  let requests = 0;
  return {
    add(timestamp: number, label: EventLabel, outcome: RequestOutcome): void {
      requests++;
      if (label.label === 'attack' && !label.on_target) {
        elsewhere.add(timestamp, label, outcome);
        return;
      }
      scorer.add(timestamp, label, outcome);
      if (label.label === 'honest') {
        if (outcome !== 'allowed') harmed.set(label.population, (harmed.get(label.population) ?? 0) + 1);
        return;
      }
      firstAttackAt ??= timestamp;
      const slot = Math.floor((timestamp - firstAttackAt) / halfMinuteMs);
      while (byHalfMinute.length <= slot) byHalfMinute.push({ requests: 0, stopped: 0 });
      const counts = byHalfMinute[slot]!;
      counts.requests++;
      if (outcome !== 'allowed') counts.stopped++;
      if (inDelay !== null) return;
      if (outcome === 'allowed') waiting.push(timestamp);
      else inDelay = waiting.filter((at) => at > timestamp - delayMs).length;
    },
    result(): Tally {
      const score = scorer.result();
      const now = score.incidents.find(({ incident }) => incident === happeningName);
      const after = now?.firstStopAfterMs ?? null;
      return {
        requests,
        attack: now?.attack ?? empty,
        attack_later: now?.attackLater ?? empty,
        attack_elsewhere: elsewhere.result().attack,
        first_block_seconds: after === null ? null : after / 1000,
        let_through: now?.letThroughFirst ?? 0,
        let_through_in_delay: inDelay ?? 0,
        honest: now?.honest ?? empty,
        honest_on_target: now?.honestOnTarget ?? empty,
        honest_always: score.honest,
        attack_by_half_minute: byHalfMinute,
        harmed: [...harmed]
          .map(([population, number]) => ({ population, requests: number }))
          .sort((a, b) => b.requests - a.requests || (a.population < b.population ? -1 : 1)),
      };
    },
  };
}
