/**
 * Caps that can make a finding depend on how traffic was spread: once one bites, what is forgotten differs with the number
 * of partitions. Each with how long, in seconds, what was forgotten could have counted.
 */
const reachSeconds = {
  /** Groups of a pane beyond `detector.limits.groups` and `clients_per_pane`. */
  groups: 60,
  /** Samples of a group that alone was larger than `frame_bytes`. */
  samples: 60,
  /** Event ids beyond `recent_events`: a repeat may have counted twice. */
  recent_events: 60,
  /** Addresses and networks whose last minute is counted. */
  addresses: 120,
  networks: 120,
  /** Clients that are remembered: one that was forgotten looks new, and as if it had come directly. */
  actors: 3600,
  /** Accounts whose last hour is counted. */
  accounts: 3600,
  /** Scopes with windows and a baseline. */
  scopes: 3600,
  /** Addresses that a campaign's signatures select. */
  members: 3600,
} as const;

export type Cap = keyof typeof reachSeconds;

/** When each cap bit last, in seconds of event time: plain values. */
export type LastLosses = Map<Cap, number>;

/** A cap bit at `at` (ms). */
export function noteLoss(losses: LastLosses, cap: Cap, at: number): void {
  losses.set(cap, Math.floor(at / 1000));
}

/** The caps that may have changed what is found at `at` (ms), in a fixed order: `degraded` of verdicts and campaigns. */
export function degradedBy(losses: LastLosses, at: number): Cap[] {
  const second = Math.floor(at / 1000);
  return [...losses]
    .filter(([cap, last]) => second - last <= reachSeconds[cap])
    .map(([cap]) => cap)
    .sort();
}

/** Both, each once. */
export function degradedTogether(one: readonly string[], other: readonly string[]): readonly string[] {
  if (other.every((cap) => one.includes(cap))) return one;
  return [...new Set([...one, ...other])].sort();
}
