import { wilsonLower, wilsonUpper } from './bounds.ts';
import { type Population, population, shareOf, unseen } from './good-samples.ts';
import { both, emptyMask, hits, type Mask, maskOf, without } from './mask.ts';
import { cameWithoutCookie } from './strangers.ts';
import type { Weighted } from './weighted.ts';

/** Who a scope's usual requests come from. */
export interface Callers {
  /** Clients that are a visible part of them by themselves, however they behave. */
  readonly clients: ReadonlySet<number>;
  /** The share of them that comes from everybody else. */
  readonly others: BoundedShare;
}

/** A share of honest requests, and what it may plausibly be at most. */
export interface BoundedShare {
  readonly share: number;
  readonly upper: number;
}

/** Which of the good samples of the scope, of those elsewhere on the site, and of the scope's people as strangers a rule selects. */
export interface GoodHits {
  readonly own: Mask;
  readonly other: Mask;
  readonly strange?: Mask;
}

/** Positions of good samples, `to` not included: of people whose cost is not to be lost among what others bring. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

export interface CollateralInput {
  /** Good requests at the attacked scope, and behind them those of its parts once more. */
  readonly own: readonly Weighted[];
  readonly parts?: readonly Part[];
  /** Good requests elsewhere on the site: they stand in while the scope's own are few. */
  readonly other: readonly Weighted[];
  /** The scope's own people as strangers, where that is known (strangers.ts): they stand in for strangers of whom few were seen. */
  readonly strangers?: readonly Weighted[];
  /** Who its usual requests come from. */
  readonly callers: Callers;
  /** Masks of those that are not spared. */
  readonly unspared: GoodHits;
  /** Share of the scope's honest requests that is not spared, where it was counted; null: the samples tell. */
  readonly unsparedShare: BoundedShare | null;
  /** Somebody is spared at all. */
  readonly spares: boolean;
}

export interface Collateral {
  /** Clients behind the estimate. */
  readonly clients: number;
  of(rule: GoodHits): BoundedShare;
}

/** How much evidence elsewhere is worth, and from how many clients on a scope speaks for itself. */
interface Trust {
  /** Good observations elsewhere count at most as this many at the scope. */
  readonly siblings: number;
  /** Clients of its own whose share is no underestimate. */
  readonly own: number;
  /** Clients of its own from which their number bounds what a scope's signatures cost. */
  readonly telling: number;
  /** Standard deviations within which chance moves the best of many rules: others' estimate is believed as far as that. */
  readonly chance: number;
}

const ofAll: Trust = { siblings: 400, own: 50, telling: 150, chance: 2 };
/** Who comes to a scope without anything that speaks for them, comes so for its own reasons: others say little. */
const ofUnspared: Trust = { siblings: 60, own: 20, telling: 60, chance: 2 };
/** What its own people would be as strangers says more: a rule that none of few strangers has was looked for among thousands. */
const ofStrangers: Trust = { siblings: 30, own: 20, telling: 60, chance: 3 };

/** Standard deviations: what so few people as those of a part surely pay. */
const surely = 1;

/** What a rule costs: of all that comes to the scope, or, where that is more, what the worst of its parts surely pays. */
export function createCollateral(input: CollateralInput): Collateral {
  const { own, parts = [] } = input;
  const whole = wholeCollateral(input);
  if (parts.length === 0) return whole;
  const ofParts = parts.map(({ from, to }) => {
    const { weights, total } = population(
      own,
      maskOf(own.length, (index) => index >= from && index < to),
    );
    return (selected: Mask): number => wilsonLower(hits(selected, weights) / total, to - from, surely);
  });
  return {
    clients: whole.clients,
    of(rule) {
      const { share, upper } = whole.of(rule);
      const most = Math.max(...ofParts.map((costs) => costs(rule.own)));
      return { share: Math.max(share, most), upper: Math.max(upper, most) };
    },
  };
}

/**
 * What a rule costs of all, as a stratified estimate: among those that are spared (only rules that spare nobody select them),
 * and among the few that are not. How many these are was counted over the whole baseline; only what they look like has
 * to come from samples, and there, unlike in the share itself, others can help: the scope's own people, as they would be if nobody
 * knew them, or the rest of the site. Where nobody is spared, who came without a cookie is such a few.
 */
function wholeCollateral(input: CollateralInput): Collateral {
  const { own, other, strangers = [], parts = [], callers, spares } = input;
  const scope = { own: maskOf(own.length, (index) => index < scopesOwn(own, parts)), other: allOf(other) };
  const whole = wholeOf(own, other, callers, scope);
  const isPlain = strangers.length === 0 || callers.others.share < 1;
  if (!spares && isPlain) return { clients: whole.clients, of: (rule) => estimate(whole, rule) };
  const unspared = spares ? input.unspared : { own: cookieless(own), other: cookieless(other) };
  const few = both(scope.own, unspared.own);
  const exposed = isPlain
    ? stratumOf(own, other, { own: few, other: unspared.other }, ofUnspared)
    : stratumOf(own, strangers, { own: few, other: allOf(strangers) }, ofStrangers);
  const safe = stratumOf(
    own,
    other,
    { own: without(scope.own, unspared.own), other: without(scope.other, unspared.other) },
    ofAll,
  );
  const share = spares ? (input.unsparedShare ?? estimate(whole, unspared)) : shareAmong(few, whole.own);
  return {
    clients: whole.clients,
    of(rule) {
      const strange = rule.strange ?? emptyMask(strangers.length);
      const picked = estimate(exposed, isPlain ? rule : { own: rule.own, other: strange });
      const earlier =
        hits(rule.own, safe.own.weights) + hits(rule.other, safe.other.weights) === 0
          ? { share: 0, upper: 0 }
          : estimate(safe, rule);
      const total = share.share * picked.share + (1 - share.share) * earlier.share;
      // independent errors: of how many are exposed, of what they look like, of what earlier rules cost
      const spread = Math.hypot(
        (share.upper - share.share) * picked.share,
        share.share * (picked.upper - picked.share),
        (1 - share.share) * (earlier.upper - earlier.share),
      );
      return { share: total, upper: Math.min(1, total + spread) };
    },
  };
}

const cookieless = (of: readonly Weighted[]): Mask =>
  maskOf(of.length, (index) => cameWithoutCookie(of[index]!.sample));

function shareAmong(few: Mask, { weights, total, clients }: Population): BoundedShare {
  const share = total === 0 ? 0 : hits(few, weights) / total;
  return { share, upper: wilsonUpper(share, clients) };
}

interface Stratum {
  readonly own: Population;
  readonly other: Population;
  readonly ownUnseen: ReturnType<typeof unseen>;
  readonly otherUnseen: ReturnType<typeof unseen>;
  readonly siblings: number;
  readonly clients: number;
  readonly trust: Trust;
  /** Clients that are a visible part of the scope by themselves are known, be they ever so few: the others are a stratum. */
  readonly through: { readonly by: Population; readonly others: BoundedShare } | null;
}

/** Good samples stay the same while signatures are looked for: what they are all together is counted once. */
const wholes = new WeakMap<
  readonly Weighted[],
  { readonly other: readonly Weighted[]; readonly callers: Callers; readonly stratum: Stratum }
>();

function wholeOf(
  own: readonly Weighted[],
  other: readonly Weighted[],
  callers: Callers,
  scope: GoodHits,
): Stratum {
  const known = wholes.get(own);
  if (known?.other === other && known.callers === callers) return known.stratum;
  const { clients, others } = callers;
  let stratum = stratumOf(own, other, scope, ofAll);
  if (others.share < 1) {
    const isCaller = both(
      scope.own,
      maskOf(own.length, (index) => clients.has(own[index]!.sample.client)),
    );
    const by = population(own, isCaller);
    const people = { own: without(scope.own, isCaller), other: scope.other };
    if (by.total > 0) stratum = { ...stratumOf(own, other, people, ofAll), through: { by, others } };
  }
  wholes.set(own, { other, callers, stratum });
  return stratum;
}

function stratumOf(
  own: readonly Weighted[],
  other: readonly Weighted[],
  part: GoodHits,
  trust: Trust,
): Stratum {
  const ofOwn = population(own, part.own);
  const ofOther = population(other, part.other);
  const siblings = Math.min(trust.siblings, ofOther.clients);
  return {
    own: ofOwn,
    other: ofOther,
    ownUnseen: unseen(own, ofOwn.weights),
    otherUnseen: unseen(other, ofOther.weights),
    siblings,
    clients: ofOwn.clients + siblings,
    trust,
    through: null,
  };
}

function estimate(stratum: Stratum, rule: GoodHits): BoundedShare {
  const people = estimateOfMany(stratum, rule);
  if (stratum.through === null) return people;
  const { by, others } = stratum.through;
  const known = hits(rule.own, by.weights) / by.total;
  const share = others.share * people.share + (1 - others.share) * known;
  // independent errors: of how many the others are, and of what they look like
  const spread = Math.hypot(
    (others.upper - others.share) * (people.share - known),
    others.share * (people.upper - people.share),
  );
  return { share, upper: Math.min(1, share + spread) };
}

function estimateOfMany(stratum: Stratum, rule: GoodHits): BoundedShare {
  const { own, other, siblings, clients: n, trust } = stratum;
  if (n === 0) return { share: 0, upper: 1 };
  const ownShare = shareOf(rule.own, own, stratum.ownUnseen);
  const otherShare = shareOf(rule.other, other, stratum.otherUnseen);
  // others stand in for what the scope's own people do not tell yet, and say no more than these may plausibly be
  const most = wilsonUpper(ownShare, own.clients, trust.chance);
  const share = Math.min(most, (ownShare * own.clients + otherShare * siblings) / n);
  // a scope whose own clients differ from the site's is judged by them as soon as they are many
  // and not by more than twice what the site's would make of them
  const ownUpper =
    own.clients >= trust.telling
      ? Math.max(ownShare, wilsonUpper(ownShare, own.clients) / 2)
      : own.clients >= trust.own
        ? ownShare
        : 0;
  return {
    share: Math.max(share, own.clients >= trust.own ? ownShare : 0),
    upper: Math.max(Math.min(most, wilsonUpper(share, n)), ownUpper),
  };
}

const allOf = (of: readonly Weighted[]): Mask => maskOf(of.length, () => true);

/** How many of the samples are the scope's own, before its parts are repeated. */
const scopesOwn = (own: readonly Weighted[], [first]: readonly Part[]): number => first?.from ?? own.length;
