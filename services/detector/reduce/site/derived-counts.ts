import { signedIn } from '../../../../lib/signature/standing.ts';
import { countIndex, flag, spared } from '../../layout.ts';
import { samplesOf, setCount, sum } from './scope.ts';
import type { WatchedScope } from './site-state.ts';

/**
 * People whom a link leads somewhere go on from there within seconds, if they do; who is asked for a password there takes
 * half a minute. Panes ago: those who came then are asked about.
 */
const visits = [
  { arrived: 'arrived', count: 'bounced', from: 20, until: 8 },
  { arrived: null, count: 'abandoned', from: 50, until: 20 },
] as const;

/**
 * Direct requests whose visits have not gone on, and all there were then, as figures of this pane. A crowd that a
 * message leads somewhere, or an app that begins with a call of its own, goes on; who hammers one endpoint does not.
 */
export function countBounced({ scope }: WatchedScope, pane: number): void {
  if (scope.kind !== 'endpoint') return;
  for (const { arrived, count, from, until } of visits) {
    const came = sum(scope, countIndex.direct, pane - until, from - until);
    const went = sum(scope, countIndex.went_on, pane, from);
    const perPane = (requests: number): number => Math.round(requests / (from - until));
    setCount(scope, countIndex[count], pane, perPane(Math.max(0, came - went)));
    if (arrived !== null) setCount(scope, countIndex[arrived], pane, perPane(came));
  }
}

/**
 * Requests of the pane whose clients did not do before what practically all honest clients here do. Whether one is signed in
 * is told by the answer alone: who is not believed there may have come with what has run out, as many do after an outage.
 */
export function countUnusual({ scope, requirement, baseline }: WatchedScope, pane: number): void {
  if (requirement === null) return;
  const untold = requirement.required === signedIn ? flag.denied : 0;
  let unusual = 0;
  for (const { sample, weight } of samplesOf(
    scope,
    pane,
    1,
    (flags) => (flags & (flag.verified | untold)) === 0 && !spared(flags, requirement.required),
  ))
    if (!baseline.callers.has(sample.client)) unusual += weight;
  setCount(scope, countIndex.unusual, pane, Math.round(unusual));
}
