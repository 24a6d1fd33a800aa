import { countIndex, minutePanes, paneMs } from '../../layout.ts';
import { ofMinute, type Scope, split, sum } from './scope.ts';
import { expected, type SiteState, type WatchedScope } from './site-state.ts';
import { usualRate } from './usual-rate.ts';

/** Windows that are looked at, in panes. */
const windows = [5, 10, 20, 40, 60];
/** Fewer accepted requests than this may fail to come by chance. */
const leastDue = 20;
/** Minutes before the last one that tell what was accepted of late, and how few of them say nothing yet. */
const lately = 14;
const leastLately = 3;

/**
 * How much of what is usually accepted at a group fails to come, 0 to 1, over that window of the last minute in which most
 * does, of those in which twenty requests would have been accepted: an outage shows at once, and is not over before the
 * minute is. Null where fewer would, where nothing is learned, or while no outcome is known. What is usual is what the hour
 * knows, and no more than in the median minute of the quarter of an hour before: nights are quiet. Whoever attacks leaves
 * people where they were: they go on being accepted. Where hardly any are, it is the service that fails.
 */
export function outage(state: SiteState, watched: WatchedScope, pane: number): number | null {
  const usual = usualRate(watched, pane * paneMs);
  if (usual === null) return null;
  const { scope } = watched;
  const ofHour = (usual * paneMs * (1 - expected(state, watched, 'failing').share)) / 1000;
  const due = Math.min(ofHour, acceptedLately(scope, pane) ?? ofHour);
  let most: number | null = null;
  for (const panes of windows) {
    if (due * panes < leastDue) continue;
    const [failing, known] = split(scope, 'failing', pane, panes);
    if (known === 0) continue;
    const came = accepted(sum(scope, countIndex.requests, pane, panes), failing, known);
    most = Math.max(most ?? 0, 1 - came / (due * panes));
  }
  return most;
}

/** Accepted requests a pane in the median of the minutes before the last one; null: too few are kept. */
function acceptedLately(scope: Scope, pane: number): number | null {
  const present = Math.floor(pane / minutePanes);
  const byMinute: number[] = [];
  for (let minute = present - 1 - lately; minute < present - 1; minute++) {
    const requests = ofMinute(scope, countIndex.requests, minute);
    if (requests === null) continue;
    const known = ofMinute(scope, countIndex.outcome_known, minute)!;
    byMinute.push(accepted(requests, ofMinute(scope, countIndex.failing, minute)!, known));
  }
  if (byMinute.length < leastLately) return null;
  byMinute.sort((a, b) => a - b);
  return byMinute[Math.floor(byMinute.length / 2)]! / minutePanes;
}

/** Of so many requests, as many as would not have been refused if all outcomes were known; 0 where none is. */
function accepted(requests: number, failing: number, known: number): number {
  return known === 0 ? 0 : requests * (1 - failing / known);
}
