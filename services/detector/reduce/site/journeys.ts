import { meets, type Part, requiredBits, several, withoutParts } from '../../../../lib/signature/standing.ts';
import { wilsonUpper } from '../miner/bounds.ts';
import type { BoundedShare } from '../miner/collateral.ts';

/**
 * What spoke for the clients of a scope when they came, as weights by standing (lib/signature/standing.ts). They tell
 * whether what should lead to a part of the site really does: who pays has filled a cart. None is taken out but by
 * `scaleJourneys`.
 */
export type Journeys = Map<number, number>;

/** What speaks for practically every honest client of a scope, since it leads there: any one of these, or a history. */
export interface Requirement {
  /** Bits of lib/signature/standing.ts. */
  readonly required: number;
  /** Share of honest requests that do not meet it. */
  readonly share: number;
  /** What that may plausibly be at most. */
  readonly upper: number;
  /** Requests behind it. */
  readonly samples: number;
}

/** Honest requests that may fail a requirement: estimate, and upper 95 % bound. */
const mostFailing = { share: 0.05, upper: 0.1 } as const;
/** Requests of the function class that count as evidence about a scope. */
const borrowed = 80;
/** The requests of one person are alike: this many count as one observation. */
export const alike = 2;

export function addJourneys(to: Journeys, from: Journeys, scale = 1): void {
  for (const [standing, weight] of from) to.set(standing, (to.get(standing) ?? 0) + weight * scale);
}

export function scaleJourneys(journeys: Journeys, factor: number): void {
  const { size } = journeys;
  for (const [standing, weight] of journeys)
    if (weight < 0.01) journeys.delete(standing);
    else journeys.set(standing, weight * factor);
  if (journeys.size !== size) orders.delete(journeys);
}

function weightOf(journeys: readonly Journey[]): number {
  let total = 0;
  for (const { weight } of journeys) total += weight;
  return total;
}

/**
 * What leads to a part of the site by its nature, the strictest first; any one of a list will do. Only this may be asked
 * of people: that most of them also searched, or came from the start page, is a habit, and a sale or a link in a message
 * changes habits within a minute. Whoever pays has filled a cart; or, where many pay for the cart of yesterday, has logged
 * in or looked at what he owes; or is at least signed in, which an attacker must be too then, account by account. That
 * may be asked wherever practically everybody is: the site lets nobody else do it. A log-in is what makes one so, and files
 * are anybody's.
 */
const prerequisites: { readonly [F in Part]: readonly (readonly string[])[] } = {
  payment: [['cart'], ['cart', 'login', 'account'], ['cart', 'signed_in']],
  account: [['login'], ['login', 'signed_in']],
  inventory: [['signed_in']],
  search: [['signed_in']],
  cart: [['signed_in']],
  other: [['signed_in']],
  login: [],
  content: [],
};

/** What an endpoint is for, and whether it changes something. */
export interface Called {
  readonly function: string;
  readonly write: boolean;
}

/** Whether it is learned what people do before: anybody may ask for a file. */
export function hasJourneys({ function: name }: Pick<Called, 'function'>): boolean {
  return name !== 'content';
}

/**
 * The function by which people come to an endpoint. A cart leads to paying; but how a payment stands is asked by who has made
 * one, for as long as he has to wait, and to the page of a payment or a cart leads a link in a message.
 */
export function comeToAs({ function: name, write }: Called): string {
  return !write && (name === 'payment' || name === 'cart') ? 'other' : name;
}

function choicesOf(called: Called): readonly (readonly string[])[] {
  return prerequisites[comeToAs(called) as Part] ?? [];
}

/**
 * The prerequisite of an endpoint, where honest clients are known to meet it. null: it has none, too little is known, or
 * people come as they like (one-click purchases, log-ins that last for months).
 */
export function requirementOf(called: Called, own: Journeys, ofClass: Journeys | null): Requirement | null {
  const choices = choicesOf(called);
  if (choices.length === 0) return null;
  const known = knownOf(own, ofClass);
  for (const names of choices) {
    const required = requiredBits(names);
    const { failing, telling } = shareOut(known, required);
    if (isRare(failing, telling)) return counted(required, failing, known);
  }
  return null;
}

/**
 * To have seen more than one page, and how many honest clients have not. It is a habit, and nothing to protect a whole endpoint
 * by (see above); but of what attributes select it may be asked too, for a small price. An attacker who loads the one page
 * that he came for, a form before it is sent, has not. null: nothing is known.
 */
export function habitOf(own: Journeys, ofClass: Journeys | null): Requirement | null {
  const known = knownOf(own, ofClass);
  return known.total === 0 ? null : counted(several, shareOut(known, several).failing, known);
}

/**
 * Of the honest requests whose clients have none of `required`, the share that has none of `others` either, which are more.
 * null: nothing is known. `nothing`: parts that speak for nobody.
 */
export function shareWithout(
  required: number,
  others: number,
  own: Journeys,
  ofClass: Journeys | null,
  nothing = 0,
): BoundedShare | null {
  const journeys = knownOf(own, ofClass).journeys.map(({ standing, weight }) => ({
    standing: withoutParts(standing, nothing),
    weight,
  }));
  const { failing } = shareOut({ journeys }, required);
  if (failing === 0) return null;
  const share = shareOut({ journeys }, others).failing / failing;
  return { share, upper: wilsonUpper(share, failing / alike) };
}

/** Of the honest requests whose clients have one of `required`, the share that has none where these parts speak for nobody; 0 where nothing is known. */
export function shareRestingOn(
  nothing: number,
  required: number,
  own: Journeys,
  ofClass: Journeys | null,
): number {
  let all = 0;
  let resting = 0;
  for (const { standing, weight } of knownOf(own, ofClass).journeys) {
    if (!meets(standing, required)) continue;
    all += weight;
    if (!meets(withoutParts(standing, nothing), required)) resting += weight;
  }
  return all === 0 ? 0 : resting / all;
}

interface Known {
  readonly journeys: readonly Journey[];
  readonly total: number;
  /** Of the scope itself. */
  readonly samples: number;
}

/** Journeys of a scope, and some of its function's. */
function knownOf(own: Journeys, ofClass: Journeys | null): Known {
  const journeys = inOrder(own);
  const samples = weightOf(journeys);
  if (ofClass !== null) {
    const others = inOrder(ofClass);
    const total = weightOf(others);
    const scale = total > 0 ? Math.min(1, borrowed / total) : 0;
    for (const { standing, weight } of others) journeys.push({ standing, weight: weight * scale });
  }
  return { journeys, total: weightOf(journeys), samples };
}

/** Those who do not meet what is asked, and those who tell whether people do. */
function shareOut(
  { journeys }: Pick<Known, 'journeys'>,
  required: number,
): { failing: number; telling: number } {
  let failing = 0;
  let telling = 0;
  for (const { standing, weight } of journeys) {
    const isExempt = (standing & required) === 0 && meets(standing, required);
    if (!isExempt) telling += weight;
    if (!meets(standing, required)) failing += weight;
  }
  return { failing, telling };
}

function counted(required: number, failing: number, { total, samples }: Known): Requirement {
  const share = failing / total;
  return { required, share, upper: wilsonUpper(share, total / alike), samples };
}

/**
 * Who has a history is spared whatever he did, and so tells nothing of what leads here: kiosks that only ever order have
 * no cart, and all of them have a history in time.
 */
function isRare(failing: number, telling: number): boolean {
  if (telling === 0) return false;
  const share = failing / telling;
  return share <= mostFailing.share && wilsonUpper(share, telling / alike) <= mostFailing.upper;
}

interface Journey {
  readonly standing: number;
  readonly weight: number;
}

/** Their standings in order, until there is another one or one less: they are read far more often than that. */
const orders = new WeakMap<Journeys, Float64Array>();

/** Sums are taken in one order, whatever the order in which standings were first seen. */
function inOrder(journeys: Journeys): Journey[] {
  let order = orders.get(journeys);
  if (order?.length !== journeys.size) {
    order = Float64Array.from(journeys.keys()).sort();
    orders.set(journeys, order);
  }
  const found: Journey[] = [];
  for (const standing of order) found.push({ standing, weight: journeys.get(standing)! });
  return found;
}
