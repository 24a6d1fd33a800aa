import { countIndex, flag } from '../../layout.ts';
import type { Totals } from './behaviour.ts';
import { countOf, markSamples, type Scope, setCount } from './scope.ts';
import type { WatchedScope } from './site-state.ts';

/**
 * What a page means at a log-in. An API answers who gets in with one; a form redirects him, and shows itself again to who
 * does not. A form is known by what people do: it redirects, refuses practically nobody by a status, and those whom it
 * showed a page are redirected later. (A page that asks for a second factor is not followed by the log-in again.)
 */

/** Log-ins that tell how an endpoint answers. */
const leastAnswers = 100;
/** Shares of the answers, and of the pages those that a redirect followed. */
const form = { redirected: 0.3, paged: 0.01, otherAnswers: 0.01, recovered: 0.25 } as const;
/** A form is one no more when it hardly redirects, or refuses by a status. */
const noForm = { redirected: 0.1, otherAnswers: 0.1 } as const;

const { outcome_known, redirected, paged, cold_paged, recovering } = countIndex;
const { failing, cold_failing, succeeding, suspicious } = countIndex;

/** Whether a page is a refusal, as far as its answers tell; `before`: what it was taken for until now. */
export function pageRefuses(totals: Totals, before: boolean): boolean {
  const answers = totals[outcome_known]!;
  if (answers < leastAnswers) return before;
  const others = answers - totals[redirected]! - totals[paged]!;
  if (before)
    return totals[redirected]! >= noForm.redirected * answers && others <= noForm.otherAnswers * answers;
  return (
    totals[redirected]! >= form.redirected * answers &&
    totals[paged]! >= form.paged * answers &&
    others <= form.otherAnswers * answers &&
    totals[recovering]! >= form.recovered * totals[paged]!
  );
}

const canBeForm = ({ kind, traits }: Scope): boolean =>
  (kind === 'endpoint' || kind === 'route') && traits.function === 'login';

/** Looks anew at what a page means, after something was learned; what was learned before is read the same way. */
export function updatePageReading({ scope, baseline }: WatchedScope): void {
  if (!canBeForm(scope)) return;
  const { totals } = baseline;
  const before = baseline.pageRefuses;
  baseline.pageRefuses = pageRefuses(totals, before);
  if (baseline.pageRefuses === before) return;
  const sign = before ? -1 : 1;
  totals[failing]! += sign * totals[paged]!;
  totals[cold_failing]! += sign * totals[cold_paged]!;
  totals[succeeding]! -= sign * totals[paged]!;
  totals[suspicious]! += sign * (totals[paged]! - totals[cold_paged]!);
}

/** Pages of the newest pane are refusals, where that is what they are. */
export function readPages({ scope, baseline }: WatchedScope, pane: number): void {
  if (!baseline.pageRefuses) return;
  const all = countOf(scope, paged, pane);
  if (all === 0) return;
  const cold = countOf(scope, cold_paged, pane);
  const add = (column: number, requests: number): void =>
    setCount(scope, column, pane, countOf(scope, column, pane) + requests);
  add(failing, all);
  add(cold_failing, cold);
  add(succeeding, -all);
  add(suspicious, all - cold);
  markSamples(scope, ({ flags }) =>
    (flags & flag.paged) !== 0 ? (flags | flag.failing) & ~flag.succeeding : flags,
  );
}
