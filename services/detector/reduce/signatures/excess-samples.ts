import { type CountName, flag, spared, suspiciousFlags } from '../../layout.ts';
import type { Weighted } from '../miner/weighted.ts';
import { samplesOf } from '../site/scope.ts';
import type { WatchedScope } from '../site/site-state.ts';

/** Samples to begin with, when every second counts, and to improve on what there is. */
export const fewSamples = { first: 60, later: 200 } as const;

/** The flags that mark a request as suspicious in a behaviour. */
export function behaviourFlag(name: CountName, { requirement }: WatchedScope): (flags: number) => boolean {
  switch (name) {
    case 'unusual':
      return (flags) =>
        requirement !== null && (flags & flag.verified) === 0 && !spared(flags, requirement.required);
    case 'direct':
    case 'bounced':
    case 'abandoned':
      return (flags) => (flags & flag.direct) !== 0;
    case 'failing':
      return (flags) => (flags & flag.failing) !== 0;
    case 'denied':
      return (flags) => (flags & flag.denied) !== 0;
    case 'cold_failing':
      return (flags) => (flags & flag.failing) !== 0 && (flags & flag.direct) !== 0;
    case 'missing':
      return (flags) => (flags & flag.missing) !== 0;
    case 'hostile':
      return (flags) => (flags & flag.hostile) !== 0;
    case 'implausible':
      return (flags) => (flags & flag.implausible) !== 0;
    case 'new_sessions':
      return (flags) => (flags & flag.newSession) !== 0;
    case 'new_clients':
      return (flags) => (flags & flag.newClient) !== 0;
    case 'unreal':
      return (flags) => (flags & flag.unreal) !== 0;
    case 'outdated':
      return (flags) => (flags & flag.implausible) !== 0 && (flags & flag.unreal) === 0;
    case 'skipped':
      return (flags) => (flags & flag.skipped) !== 0;
    case 'few_cookies':
      return (flags) => (flags & flag.fewCookies) !== 0;
    case 'foreign':
      return (flags) => (flags & flag.foreign) !== 0;
    case 'cold_foreign':
      return (flags) => (flags & flag.foreign) !== 0 && (flags & flag.direct) !== 0;
    case 'declined':
      return (flags) => (flags & flag.declined) !== 0;
    case 'serial':
      return (flags) => (flags & flag.serial) !== 0;
    case 'contradicted':
      return (flags) => (flags & flag.contradicted) !== 0;
    default:
      return (flags) => (flags & suspiciousFlags) !== 0;
  }
}

/** Suspicious samples of the shortest recent window that has enough of those that `counts` is true for. */
export function excessSamples(
  watched: WatchedScope,
  behaviour: CountName,
  pane: number,
  counts: (weighted: Weighted) => boolean = () => true,
  least: number = fewSamples.first,
): Weighted[] {
  const wanted = behaviourFlag(behaviour, watched);
  let found: Weighted[] = [];
  for (const panes of [3, 8, 20, 30]) {
    found = samplesOf(watched.scope, pane, panes, wanted);
    let enoughFor = least;
    for (const weighted of found) if (counts(weighted) && --enoughFor === 0) return found;
  }
  return found;
}
