import type { CountName } from '../../layout.ts';
import { type Weighted, weigh } from '../miner/weighted.ts';
import { mostShare } from '../site/behaviour.ts';
import type { PolicyAt } from '../site/campaign-at.ts';
import { feltBy } from '../site/felt-by.ts';
import { samplePanes } from '../site/scope.ts';
import { unseenVisits } from '../site/sight.ts';
import { expected } from '../site/site-state.ts';
import { behaviourFlag } from './excess-samples.ts';

/** Behaviours of which none follows from another, nor from how a request is answered. */
const independent: ReadonlySet<CountName> = new Set(['direct', 'hostile', 'implausible', 'foreign']);
/** People show it seldom, and nearly everything that is selected shows it. */
const telling = { people: 0.1, selected: 0.8 } as const;

/**
 * Whether what signatures select of an excess shows a second behaviour of the policy, one that people do not show. In a crowd
 * that meets what an attack meets (nothing is left, and all ask for it), an attack is a part of the excess; the second
 * behaviour says that the part is one, and not a few of the crowd who happen to be alike.
 */
export function isWitnessed(
  { state, watched, policy, behaviour, pane }: PolicyAt & { readonly behaviour: CountName },
  selected: readonly Weighted[],
): boolean {
  const felt = feltBy(state, watched);
  const most = (name: CountName): number =>
    mostShare(name, expected(state, felt, name), unseenVisits(state, felt, pane, samplePanes));
  return policy.features.some(({ spec }) => {
    if (spec.type !== 'ratio' || spec.of === behaviour || !independent.has(spec.of)) return false;
    const shows = behaviourFlag(spec.of, watched);
    const showing = selected.filter(({ sample }) => shows(sample.flags));
    return weigh(showing) >= telling.selected * weigh(selected) && most(spec.of) < telling.people;
  });
}
