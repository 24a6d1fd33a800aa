import type { Signature } from '../../../../lib/contracts/generated.ts';
import { flag } from '../../layout.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { type Weighted, weigh } from '../miner/weighted.ts';
import type { PolicyAt } from '../site/campaign-at.ts';
import { feltBy } from '../site/felt-by.ts';
import { type Scope, samplePanes, samplesOf } from '../site/scope.ts';
import { expected } from '../site/site-state.ts';
import { namesSoftware, tellingOf } from './signature-place.ts';
import { serversThrough } from './through-servers.ts';
import { areFromUsualPlaces } from './usual-places.ts';

/** The form of a log-in lets nobody in. */
const isLogin = ({ traits }: Scope): boolean => traits.function === 'login' && traits.write;

/** Log-ins of the site that a signature selects, wherever they are, of the last half minute. */
function logInsOf({ state, pane }: PolicyAt, isSelected: (one: Weighted) => boolean) {
  let letIn = 0;
  let usual = 0;
  for (const watched of state.scopes.values()) {
    const { scope } = watched;
    if (scope.kind !== 'endpoint' || !isLogin(scope)) continue;
    const selected = (wanted: number): number =>
      weigh(samplesOf(scope, pane, samplePanes, (flags) => (flags & wanted) !== 0).filter(isSelected));
    const believed = selected(flag.succeeding);
    letIn += believed;
    usual += (believed + selected(flag.failing)) * (1 - expected(state, watched, 'failing').share);
  }
  /** `usual`: so many of them would be let in as people usually are. */
  return { letIn, usual };
}

/** Panes in which people who are refused, and asked for a password, have typed it. */
const patience = 15;
/** Fewer refused that long ago say nothing of what becomes of them. */
const leastRefused = 15;
/** The share of those that were here before that has what nobody had. */
const mostKnown = 0.005;
/** So much of what is refused, and it says what all of it is. */
const mostOfIt = 0.5;

/**
 * Those that are let in, of what a signature selects: so many, and so many of those that were refused a while ago. At a log-in where
 * somebody tries credentials of others one in a hundred is right; elsewhere none of them comes to the log-in, or the same few are
 * right there.
 */
const people = { letIn: 3, ofRefused: { login: 0.1, elsewhere: 0.05 }, ofUsual: 0.5 } as const;

/**
 * A release of an app that comes with sessions which nobody believes looks like a tool: software that nobody had before, refused by the
 * hundred. What tells it is what becomes of it: people are sent to the log-in, type their password and get in.
 *
 * `where`: what it selects is not believed there. `people`: they do. `undecided`: whoever it is looked around before he came, and it is too early to say. `tool`: neither; and of a
 * signature that names no software, and of what comes through servers, which nobody sees looking around.
 */
export function believedOf(where: PolicyAt, signature: Signature): 'people' | 'undecided' | 'tool' {
  const { state, watched, policy, pane } = where;
  const { scope } = watched;
  const predicates = tellingOf(signature);
  if (policy.document.campaign.kind !== 'stuffing' || !predicates.some(namesSoftware)) return 'tool';
  const selects = sampleSignature({ ...signature, predicates });
  const felt = feltBy(state, watched);
  // who looks like people that were here before is judged by what it costs them
  if (felt.baseline.reference.filter(selects).length > mostKnown * felt.baseline.reference.length)
    return 'tool';
  const isSelected = ({ sample }: Weighted): boolean => selects(sample);
  const refusedIn = (until: number, panes: number): Weighted[] =>
    samplesOf(scope, until, panes, (flags) => (flags & flag.failing) !== 0).filter(isSelected);
  const refused = refusedIn(pane, samplePanes);
  const isMostOfIt = (is: (one: Weighted) => boolean): boolean =>
    weigh(refused.filter(is)) > mostOfIt * weigh(refused);
  const isDirect = isMostOfIt(({ sample }) => (sample.flags & flag.direct) !== 0);
  if (isDirect && !areFromUsualPlaces(refused, felt.baseline.reference)) return 'tool';
  const servers = serversThrough(state, felt);
  if (isMostOfIt(({ sample }) => servers.has(sample.client))) return 'tool';
  const waited = weigh(refusedIn(pane - patience, samplePanes - patience));
  const { letIn, usual } = logInsOf(where, isSelected);
  if (letIn >= people.letIn) {
    const isThere = isLogin(scope);
    const least = people.ofRefused[isThere ? 'login' : 'elsewhere'] * waited;
    if (letIn >= least && (isThere || letIn >= people.ofUsual * usual)) return 'people';
  }
  return waited < leastRefused ? 'undecided' : 'tool';
}
