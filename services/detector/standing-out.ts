import { clientCountIndex } from './layout.ts';

/** Addresses and networks go from combine to reduce once their last minute shows this much; policies decide what it means. */
export const standingOut = {
  requests20s: 120,
  failing60s: 15,
  missing60s: 25,
  sessions60s: 20,
  addresses60s: 24,
  /** Failures that are no log-in's, of one whose newest request is a declined payment. */
  declined60s: 4,
} as const;

/** Whether an address is unlike its peers in what it sent, by its counts: what it asked for may be the reason it is here. */
export function standsOut(counts: ArrayLike<number>): boolean {
  return (
    counts[clientCountIndex.requests_20s]! >= standingOut.requests20s ||
    counts[clientCountIndex.failing_60s]! >= standingOut.failing60s ||
    counts[clientCountIndex.missing_60s]! >= standingOut.missing60s ||
    counts[clientCountIndex.sessions_60s]! >= standingOut.sessions60s
  );
}
