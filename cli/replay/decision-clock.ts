import type { CampaignTick, Tick } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { followed, groupReader, type Reader } from './readers.ts';

/**
 * Up to which moment of event time everything that the detector finds is known: what match may still find is not earlier
 * than the watermark that it has passed, and what reduce and the account stage may still find is later than the campaign
 * clock.
 */
export interface DecisionClock {
  /** The watermark of a site, at an offset of requests.enriched. */
  tick(tick: Tick, offset: number): void;
  /** How far a reducer has decided. */
  decided(tick: CampaignTick): void;
  /** Looks how far the detector has come; resolves to the clock, -Infinity at first. */
  advance(readers: DecisionReaders): Promise<number>;
}

/** Who must have been told of what is found before the clock may move. */
export interface DecisionReaders {
  /** Who tells `decided`: match may have seen a reducer of which nothing was told here yet. */
  readonly campaigns: Reader;
  /** Through whom verdicts, once found, become known, one after the other. */
  readonly verdicts: readonly Reader[];
}

export function createDecisionClock(log: Log): DecisionClock {
  const match = groupReader(log, 'tidegate.detector.match', 'requests.enriched');
  const sites = new Map<string, number>();
  const reducers = new Map<number, number>();
  let marks: { readonly offset: number; readonly watermark: number }[] = [];
  let passedWatermark = -Infinity;
  let clock = -Infinity;

  return {
    tick({ site, watermark_at }, offset) {
      sites.set(site, watermark_at);
      marks.push({ offset, watermark: Math.min(...sites.values()) });
    },
    decided({ reducer, clock_at, closing }) {
      reducers.set(reducer, closing ? Infinity : clock_at);
    },
    async advance({ campaigns, verdicts }) {
      const [position = 0] = await match.positions();
      let passed = 0;
      while (passed < marks.length && marks[passed]!.offset < position) passed++;
      if (passed > 0) passedWatermark = marks[passed - 1]!.watermark;
      marks = marks.slice(passed);
      await followed(log, [campaigns]);
      if (reducers.size === 0) return clock;
      const next = Math.min(passedWatermark - 1, ...reducers.values());
      if (next <= clock) return clock;
      await followed(log, verdicts);
      clock = next;
      return clock;
    },
  };
}
