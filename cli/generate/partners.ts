import { hostingNetworks, randomV4 } from './addresses.ts';
import { bankApiHost } from './bank.ts';
import {
  type Appearance,
  createEvent,
  type Due,
  due,
  type GeneratedEvent,
  programAppearance,
  respond,
} from './event.ts';
import type { Person } from './people.ts';
import { chance, integer, namedRandom, pick, type Random, token, zipf } from './random.ts';
import type { World } from './world.ts';

export interface Partner {
  readonly id: string;
  readonly keyIds: readonly string[];
  readonly servers: readonly string[];
  readonly server: Appearance;
  /** Product token of the partner's software kit in people's phones. */
  readonly kit: string;
}

const partnerNames = ['finview', 'mintly', 'ledgerhub', 'paywise', 'budgetbird', 'taxmate'];
const serverAgents = [
  'finview-aggregator/3.8 (+https://finview.example)',
  'Apache-HttpClient/5.2.1 (Java/21.0.4)',
  'okhttp/4.12.0',
  'python-httpx/0.27.2',
  'Go-http-client/2.0',
  'axios/1.7.7',
];
const serverFingerprints = [
  't13d491200_bd868743f55c_7c76daad20ec',
  't13d371200_db35923f8641_7c76daad20ec',
  't13d1512h2_46e7e9700bed_eca864cca44a',
  't13d4313h1_c7886603b240_d339722ba4af',
  't13d1311h2_f57a46bbacb6_ab7e3b40a677',
  't13d591000_a33745022dd6_40018055699d',
];

/** Six aggregators that log in at the bank on behalf of people, from their own few servers in clouds. */
export function createPartners(seed: number): readonly Partner[] {
  const random = namedRandom(seed, 'partners');
  const clouds = hostingNetworks.filter(({ weight }) => weight >= 8);
  return partnerNames.map((id, index) => ({
    id,
    keyIds: [`${id}-live-1`, `${id}-live-2`],
    servers: Array.from({ length: 3 }, () => randomV4(random, clouds[index % clouds.length]!)),
    server: programAppearance(serverAgents[index], serverFingerprints[index], index % 2 === 0 ? '2' : '1.1'),
    kit: `${id[0]!.toUpperCase()}${id.slice(1)}Kit`,
  }));
}

const partnerRank = zipf(partnerNames.length, 0.8);
const phoneFingerprints = ['t13d1512h2_46e7e9700bed_eca864cca44a', 't13d2014h2_a09f3c656075_e42f34c56612'];

/** A person's phone with a partner's software kit in some app: calls the partner API from the person's own address. */
export function kitAppearance(partner: Partner, random: Random): Appearance {
  const ios = chance(random, 0.45);
  const build = pick(random, ['2.9.1', '2.9.0', '2.8.4', '2.7.0', '2.4.2']);
  const system = ios
    ? `iOS/${pick(random, ['26.1', '18.7', '18.6'])}`
    : `Android/${pick(random, ['16', '15', '14', '13'])}`;
  return programAppearance(`${partner.kit}/${build} ${system}`, phoneFingerprints[ios ? 1 : 0], '2');
}

/** The same phones after a release of the kit that brings a TLS library of its own, which nobody has been seen with. */
export function rebuiltKit(partner: Partner, random: Random): Appearance {
  const agent = kitAppearance(partner, random).userAgent!.replace(/\/[\d.]+/, '/3.0.0');
  return programAppearance(agent, 't13d1714h2_349b0b6425cc_1091bb58a45b', '2');
}

/** A call to the bank by a partner's client; the session, on whose behalf, and the answer are still to come. */
export function partnerCall(
  partner: Partner,
  at: number,
  address: string,
  look: Appearance,
  method: string,
  path: string,
): GeneratedEvent {
  const event = createEvent(Math.round(at), address, look, false, bankApiHost, method, path);
  event.partner_id = partner.id;
  event.api_key_id = partner.keyIds[0];
  event.cookie_count = 0;
  event.set_cookie_count = 0;
  return event;
}

/** One look at someone's accounts through a partner: a login on their behalf, then a few reads. */
export function* partnerSession(
  world: World,
  partners: readonly Partner[],
  person: Person,
  random: Random,
  at: number,
): Generator<Due, void> {
  // who uses an app with a partner's kit goes on using it, on the same phone
  const habit = namedRandom(world.seed, `partner of ${person.account}`);
  const partner = partners[partnerRank(habit)]!;
  const fromPhone = chance(habit, 0.45);
  const look = fromPhone ? kitAppearance(partner, habit) : partner.server;
  const own = person.address(random);
  const address = fromPhone ? own : pick(random, partner.servers);
  const session = token(random, 26);
  const key = pick(random, partner.keyIds);
  let now = at;
  const call = (method: string, path: string): GeneratedEvent => {
    const event = partnerCall(partner, now, address, look, method, path);
    event.session_id = session;
    event.account_id = person.account;
    event.api_key_id = key;
    event.end_user_ip = fromPhone ? undefined : own;
    return event;
  };
  // Stored passwords go stale: a few per cent of the logins fail, and are tried again once.
  let failures = chance(random, 0.07) ? 1 + integer(random, 2) : 0;
  while (world.loginsFail(now) || failures-- > 0) {
    const event = call('POST', '/partner/v2/login');
    event.outcome = 'failure';
    respond(event, random, 401, 160, 280);
    yield due(event);
    now += 4000 + random() * 9000;
    if (chance(random, 0.5)) return;
  }
  const login = call('POST', '/partner/v2/login');
  login.outcome = 'success';
  respond(login, random, 200, 700, 290);
  yield due(login);
  now += 300 + random() * 900;
  const accounts = call('GET', '/partner/v2/accounts');
  respond(accounts, random, 200, 2400, 90);
  yield due(accounts);
  const number = 10_000_000 + (Number(person.account.slice(1)) % 9_000_000);
  const reads = 1 + integer(random, 2);
  for (let index = 0; index < reads; index++) {
    now += 200 + random() * 1500;
    const event = call('GET', `/partner/v2/accounts/${number + index}/transactions`);
    respond(event, random, 200, 11_000, 140);
    yield due(event);
  }
}

/** The nightly batch: one partner refreshes everybody it has a consent for, as fast as it is allowed to. */
export function* nightlyBatch(
  world: World,
  partners: readonly Partner[],
  random: Random,
  at: number,
  untilMs: number,
): Generator<Due, void> {
  const partner = partners[1]!;
  const perSecond = 22 * world.scale;
  let now = at;
  while (now < untilMs) {
    now += 1000 / perSecond;
    const event = partnerCall(
      partner,
      now,
      pick(random, partner.servers),
      partner.server,
      'GET',
      `/partner/v2/accounts/${10_000_000 + integer(random, 9_000_000)}/transactions`,
    );
    event.session_id = `batch-${Math.floor(now / 600_000)}`;
    respond(event, random, chance(random, 0.02) ? 404 : 200, 11_000, 120);
    yield due(event);
  }
}
