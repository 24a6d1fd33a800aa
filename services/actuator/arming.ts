import type { Command } from '../../lib/contracts/generated.ts';

/**
 * What an edge may do now.
 * `armed`: everything. `winding_down`: nothing is added or changed, what ends is taken back. `purging`: everything of
 * ours is taken out. `dry_run`: nothing is written at all.
 */
export type EdgeMode = 'armed' | 'winding_down' | 'purging' | 'dry_run';

export interface Arming {
  readonly mode: EdgeMode;
  /** Who or what said so, and why. */
  readonly because: string;
}

/**
 * The second key to enforcement: the configuration and the newest command about the edge, of which whoever says no
 * wins. `dry_run: true` locks an edge whatever commands say, but for a purge, which only takes back what is ours.
 * `dry_run: false` arms it until somebody disarms it. Without the field it waits for `tidegate edges arm`. `kill`: the
 * kill switch of all that it serves; nothing is wanted there then, and what was is taken back.
 */
export function armingOf(
  dryRun: boolean | undefined,
  newest: Command | null,
  kill: Command | null = null,
): Arming {
  const saidBy = ({ kind, who, reason }: Command): string => `${kind} by ${who}: ${reason}`;
  const said = newest === null ? '' : saidBy(newest);
  if (newest?.kind === 'purge') return { mode: 'purging', because: said };
  if (dryRun === true) return { mode: 'dry_run', because: 'dry_run: true in the configuration' };
  if (newest?.kind === 'disarm') return { mode: 'winding_down', because: said };
  if (kill !== null && (newest?.kind === 'arm' || dryRun === false))
    return { mode: 'winding_down', because: saidBy(kill) };
  if (newest?.kind === 'arm') return { mode: 'armed', because: said };
  return dryRun === false
    ? { mode: 'armed', because: 'dry_run: false in the configuration' }
    : { mode: 'dry_run', because: 'never armed' };
}
