import { arrivals } from '../arrivals.ts';
import { type Due, due, type Journey } from '../event.ts';
import type { AttackClient, Community, Target, TargetName } from '../populations/population.ts';
import { chance, exponential, fork, integer, namedRandom, type Random, token } from '../random.ts';
import { createExits, type ExitKind } from './exits.ts';
import { createLook, type LookKind } from './looks.ts';

/** An attack on any target of any property, in terms of what the attacker chooses. */
export interface AssaultPlan {
  readonly name: string;
  readonly target: TargetName;
  /** Requests to the target a second, while it goes. */
  readonly perSecond: number;
  readonly exits: ExitKind;
  readonly looks: LookKind;
  /** Mean requests to the target of one client (an address, a look, a session). */
  readonly perClient: number;
  /** Mean time between requests of one client, ms. */
  readonly gapMs: number;
  /** On and off in turn, ms; null: steadily. */
  readonly pulses: { readonly onMs: number; readonly offMs: number } | null;
  /** Loads a page or two first, as people do. */
  readonly browses: boolean;
  /** A new session for every request, not only for every client. */
  readonly rotatesSessions: boolean;
  /** Log-ins: share of tries that are right. */
  readonly successShare: number;
  /** Look-ups: only what exists. */
  readonly knownOnly: boolean;
  /** Goes on at the analogue for other clients, in shares of the time; null: never. */
  readonly moves: number | null;
  /** What a client carries: one cookie, a few of them, or a jar and a referer as the genuine client would have. */
  readonly carries: 'one cookie' | 'some cookies' | 'like people';
}

/** What follows from nothing else being said. */
export const plainAssault: Omit<AssaultPlan, 'name' | 'target' | 'perSecond'> = {
  exits: 'proxies',
  looks: 'tools',
  perClient: 2,
  gapMs: 4000,
  pulses: null,
  browses: false,
  rotatesSessions: false,
  successShare: 0.03,
  knownOnly: false,
  moves: null,
  carries: 'some cookies',
};

/** The flows of an attack: clients that come, do what they came for, and are replaced by others. */
export function assault(
  community: Community,
  plan: AssaultPlan,
  window: { readonly fromMs: number; readonly untilMs: number },
): readonly Journey[] {
  const { world, targets } = community;
  const wanted = targets[plan.target];
  if (wanted === undefined) throw new Error(`nothing to attack here called ${plan.target}`);
  const target: Target = wanted;
  const { fromMs, untilMs } = window;
  const random = namedRandom(world.seed, `assault/${plan.name}`);
  const exits = createExits(plan.exits, random, world.people, community.countries);
  const look = createLook({
    kind: plan.looks,
    seed: world.seed,
    browsers: world.browsers,
    people: world.people,
    clients: target.clients,
    app: community.app,
    partners: community.partners,
  });
  const prober = target.probe({
    random,
    successShare: plan.successShare,
    knownOnly: plan.knownOnly,
    moveAt: plan.moves === null ? null : fromMs + plan.moves * (untilMs - fromMs),
  });
  const { pulses } = plan;
  const isOn = (at: number): boolean =>
    pulses === null || (at - fromMs) % (pulses.onMs + pulses.offMs) < pulses.onMs;

  const cookiesOf = (visit: Random): number => {
    if (plan.carries === 'one cookie') return 1;
    if (plan.carries === 'some cookies') return chance(visit, 0.25) ? 0 : 1 + integer(visit, 14);
    const [least, most] = target.cookies;
    return least + integer(visit, most - least + 1);
  };

  function* act(visit: Random, at: number): Generator<Due, void> {
    const address = exits.exit(visit);
    const likePeople = plan.carries === 'like people';
    const client: AttackClient = {
      random: visit,
      address: () => (exits.perRequest ? exits.exit(visit) : address),
      look: look(visit, at),
      session: token(visit, target.sessionLength),
      lagMs: visit() * 18_000,
      cookies: cookiesOf(visit),
      referer: undefined,
      forgesReferer: likePeople && target.clients === 'browser' && !chance(visit, 0.1),
      hasVisitedBefore: likePeople,
      requests: 0,
    };
    let now = at;
    if (plan.browses) {
      for (let pages = 1 + integer(visit, 2); pages > 0; pages--) {
        yield due(prober.browse(client, Math.round(now)));
        client.requests++;
        client.cookies = Math.min(
          Math.max(target.cookies[1], client.cookies),
          client.cookies + integer(visit, 7),
        );
        now += 1500 + exponential(visit, 4000);
      }
    }
    // Geometric, so that the mean is what was asked for.
    do {
      if (now >= untilMs) return;
      if (plan.rotatesSessions && client.requests > 0) client.session = token(visit, target.sessionLength);
      yield due(prober.hit(client, Math.round(now)));
      client.requests++;
      now += exponential(visit, plan.gapMs);
    } while (isOn(now) && !chance(visit, 1 / plan.perClient));
  }

  const clientsPerSecond = plan.perSecond / plan.perClient;
  const peak = 1.3;
  let sway = 1;
  let swayUntil = fromMs;
  const join = (visit: Random, at: number): Journey => ({
    population: plan.name,
    attack: true,
    steps: act(visit, at),
  });
  const replacements = arrivals({
    random,
    fromMs,
    untilMs,
    peakPerSecond: clientsPerSecond * peak,
    perSecond: (at) => {
      if (!isOn(at)) return 0;
      while (at >= swayUntil) {
        sway = 0.8 + 0.4 * random();
        swayUntil += 7000;
      }
      return clientsPerSecond * sway;
    },
    start: join,
  });
  /** Those who are at work when it begins: without them the rate would only grow as the first ones go on. */
  function* crew(): Generator<Due, void> {
    const starts = namedRandom(world.seed, `assault/${plan.name}/crew`);
    const perSecond = clientsPerSecond * (plan.perClient - 1);
    const periodMs = pulses === null ? Infinity : pulses.onMs + pulses.offMs;
    for (let onset = fromMs; onset < untilMs && perSecond > 0; onset += periodMs) {
      let now = onset;
      while (true) {
        now += exponential(starts, 1000 / perSecond);
        if (now >= Math.min(untilMs, onset + plan.gapMs)) break;
        yield { at: now, event: null, journey: join(fork(starts), now) };
      }
    }
  }
  return [replacements, crew()].map((steps) => ({ population: plan.name, attack: true, steps }));
}
