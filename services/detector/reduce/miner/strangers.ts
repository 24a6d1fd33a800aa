import { flag, minedAttributes } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import type { Weighted } from './weighted.ts';

const cookieAt = minedAttributes.indexOf('has_cookie');

/** Whether a request came without a cookie; where none was logged that is not known. */
export const cameWithoutCookie = ({ attributes }: Sample): boolean => attributes[cookieAt] === 'no';

/** Fewer people say little about what others have: in the first minutes of a log the rest of the site stands in. */
const leastPeople = 100;

const strangers = new WeakMap<readonly Weighted[], readonly Weighted[]>();

/**
 * The good of a scope who came with a cookie, as they would have come if nobody knew them: with the software, the network and the
 * language that they have, and nothing that speaks for them. Who comes so is one of the same people on another device, or the
 * next one: the few of them that were seen have not shown all that such people have. Empty where cookies are not usual, or
 * people are few.
 *
 * `own`: how many of `good` are the scope's own; those behind them are not looked at. The same array for the same `good`, which must not
 * change.
 */
export function asStrangers(good: readonly Weighted[], own = good.length): readonly Weighted[] {
  let made = strangers.get(good);
  if (made === undefined) {
    const known = good.slice(0, own).filter(({ sample }) => sample.attributes[cookieAt] === 'yes');
    made = known.length < leastPeople || 2 * known.length < own ? [] : known.map(asStranger);
    strangers.set(good, made);
  }
  return made;
}

function asStranger({ sample, weight }: Weighted): Weighted {
  const attributes = [...sample.attributes];
  attributes[cookieAt] = 'no';
  return { sample: { ...sample, attributes, flags: flag.direct }, weight };
}
