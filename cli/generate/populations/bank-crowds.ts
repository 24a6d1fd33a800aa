import { bankApiHost, bankHost } from '../bank.ts';
import { type Due, due, respond } from '../event.ts';
import { type Partner, partnerCall, rebuiltKit } from '../partners.ts';
import { appAppearance, type Person, updated } from '../people.ts';
import { chance, integer, pick, type Random, token } from '../random.ts';
import { createVisit, type Visit } from '../visit.ts';
import type { World } from '../world.ts';
import { refused } from './bank-journeys.ts';
import { failedLogIns } from './failed-log-ins.ts';
import { type Community, honest } from './population.ts';
import { wave } from './wave.ts';

/**
 * A partner's nightly batch: everybody it has a consent for is logged in and read, as fast as it is allowed to, and the
 * passwords that people have changed since fail.
 */
function* staleBatch(
  world: World,
  partner: Partner,
  random: Random,
  fromMs: number,
  untilMs: number,
  perSecond: number,
): Generator<Due, void> {
  const call = (
    now: number,
    server: string,
    session: string,
    account: string,
    method: string,
    path: string,
  ) => {
    const event = partnerCall(partner, now, server, partner.server, method, path);
    event.session_id = session;
    event.account_id = account;
    return event;
  };
  for (let now = fromMs; now < untilMs; now += ((0.4 + 1.2 * random()) * 2000) / perSecond) {
    const server = pick(random, partner.servers);
    const session = token(random, 26);
    const account = world.people.regular(random).account;
    const login = call(now, server, session, account, 'POST', '/partner/v2/login');
    const stale = chance(random, 0.3);
    login.outcome = stale ? 'failure' : 'success';
    respond(login, random, stale ? 401 : 200, stale ? 160 : 700, 290);
    yield due(login);
    if (stale) continue;
    const number = 10_000_000 + integer(random, 9_000_000);
    const read = call(
      now + 1,
      server,
      session,
      account,
      'GET',
      `/partner/v2/accounts/${number}/transactions`,
    );
    respond(read, random, 200, 11_000, 130);
    yield due(read);
  }
}

/** New terms by mail: everybody opens one page that exists only for it, and many log in with a password long unused. */
function* readTerms(world: World, person: Person, random: Random, at: number): Generator<Due, void> {
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: person.browser,
    host: bankHost,
    sendsReferer: person.sendsReferer,
    cookies: integer(random, 4),
    cookieLimit: 14,
    ways: person.ways,
  });
  yield due(visit.request('GET', '/terms/2027', { bytes: 44_000, ms: 80, page: true }));
  visit.think(20);
  if (chance(random, 0.45)) return;
  visit.account = person.account;
  const wrong = chance(random, 0.4) ? 1 + integer(random, 3) : 0;
  const mistyped = { ...refused, path: '/login', wrong, pauseSeconds: 8, givesUp: 0.12 };
  if (!(yield* failedLogIns(visit, world, mistyped))) return;
  yield due(visit.request('POST', '/login', { outcome: 'success', bytes: 900, ms: 320 }));
  visit.think(4);
  yield due(visit.request('POST', '/terms/2027/consent', { status: 201, bytes: 90, ms: 120 }));
}

const openApp = (
  person: Person,
  random: Random,
  at: number,
  phone: Person['phone'],
  cookies: number,
): Visit =>
  createVisit({
    at,
    random,
    address: person.address(random),
    look: appAppearance('BankApp', phone),
    host: bankApiHost,
    sendsReferer: false,
    cookies,
    cookieLimit: 2,
    app: true,
    ways: person.ways,
  });

/** The app asks for a password, which so many have to type more than once. False: gave up. */
function* typePassword(
  visit: Visit,
  world: World,
  person: Person,
  mistakes: { readonly share: number; readonly most: number; readonly pauseSeconds: number },
): Generator<Due, boolean> {
  const { random } = visit;
  const path = '/mobile/v1/login';
  visit.account = person.account;
  const wrong = chance(random, mistakes.share) ? 1 + integer(random, mistakes.most) : 0;
  const mistyped = { ...refused, path, wrong, pauseSeconds: mistakes.pauseSeconds, givesUp: 0.1 };
  if (!(yield* failedLogIns(visit, world, mistyped))) return false;
  yield due(visit.request('POST', path, { outcome: 'success', bytes: 900, ms: 320 }));
  visit.think(3);
  return true;
}

/** After an update the app has forgotten everybody. */
function* logInAgain(world: World, person: Person, random: Random, at: number): Generator<Due, void> {
  const visit = openApp(person, random, at, updated(person.phone), 0);
  yield due(visit.request('POST', '/mobile/v2/enrol', { status: 201, bytes: 200, ms: 90 }));
  visit.think(4);
  if (!(yield* typePassword(visit, world, person, { share: 0.35, most: 3, pauseSeconds: 7 }))) return;
  yield due(visit.request('GET', '/mobile/v2/overview', { bytes: 3800, ms: 110 }));
}

/** All sessions were revoked: the app is refused where it begins, and asks for a password that takes a while to type. */
function* lockedOut(world: World, person: Person, random: Random, at: number): Generator<Due, void> {
  const visit = openApp(person, random, at, person.phone, 1);
  yield due(
    visit.request('POST', '/mobile/v1/token/refresh', {
      status: 401,
      outcome: 'failure',
      bytes: 120,
      ms: 40,
    }),
  );
  if (chance(random, 0.2)) return;
  visit.think(20);
  if (!(yield* typePassword(visit, world, person, { share: 0.25, most: 2, pauseSeconds: 10 }))) return;
  yield due(visit.request('GET', '/mobile/v1/accounts', { bytes: 3800, ms: 110 }));
}

/**
 * A partner's new kit has another TLS library, and what it had stored is not believed: it is refused where passwords are shown too,
 * and gets in when people have typed theirs.
 */
function* storedInVain(partner: Partner, person: Person, random: Random, at: number): Generator<Due, void> {
  const address = person.address(random);
  const look = rebuiltKit(partner, random);
  const session = token(random, 26);
  let now = at;
  const call = (method: string, path: string, status: number, account?: string): Due => {
    const event = partnerCall(partner, now, address, look, method, path);
    event.session_id = session;
    event.account_id = account;
    if (path.endsWith('/login')) event.outcome = status === 200 ? 'success' : 'failure';
    respond(event, random, status, status === 200 ? 900 : 160, 120);
    return due(event);
  };
  yield call('GET', '/partner/v2/status', 200);
  now += 300 + random() * 500;
  yield call('POST', '/partner/v2/login', 401);
  if (chance(random, 0.25)) return;
  now += 4000 + random() * 18_000;
  if (chance(random, 0.2)) {
    yield call('POST', '/partner/v2/login', 401, person.account);
    now += 4000 + random() * 6000;
  }
  yield call('POST', '/partner/v2/login', 200, person.account);
  now += 400 + random() * 900;
  yield call('GET', '/partner/v2/accounts', 200, person.account);
}

export function bankCrowds(world: World, partners: readonly Partner[]): Community['crowds'] {
  const { people } = world;
  return {
    landing: {
      onTarget: ({ path }) => path.startsWith('/terms/2027') || path === '/login',
      flows: (options) => [
        wave('terms', options, options.rate * 0.4, 60_000, (random, at) => {
          const person = chance(random, 0.9) ? people.regular(random) : people.newcomer(random);
          return honest(person, readTerms(world, person, random, at), 'terms-');
        }),
      ],
    },
    'app-release': {
      onTarget: ({ path }) => path === '/mobile/v1/login' || path.startsWith('/mobile/v2/'),
      flows: (options) => [
        wave('log-in-again', options, options.rate * 0.2, 90_000, (random, at) => {
          const person = people.regular(random);
          return honest(person, logInAgain(world, person, random, at), 'update-');
        }),
      ],
    },
    'rebuilt-app': {
      onTarget: ({ path }) => path === '/partner/v2/login' || path === '/partner/v2/accounts',
      flows: (options) => [
        wave('rebuilt-kit', options, options.rate * 0.25, 45_000, (random, at) => {
          const person = people.regular(random);
          return honest(person, storedInVain(partners[0]!, person, random, at), 'rebuilt-kit-');
        }),
      ],
    },
    'locked-out': {
      onTarget: ({ path }) => path === '/mobile/v1/login' || path === '/mobile/v1/token/refresh',
      flows: (options) => [
        wave('locked-out', options, options.rate * 0.3, 20_000, (random, at) => {
          const person = people.regular(random);
          return honest(person, lockedOut(world, person, random, at), 'locked-out-');
        }),
      ],
    },
    batch: {
      onTarget: ({ path }) => path === '/partner/v2/login',
      flows: (options) => [
        {
          population: 'partner-batch',
          attack: false,
          steps: staleBatch(
            world,
            partners[1 + integer(options.random, partners.length - 1)]!,
            options.random,
            options.fromMs,
            options.untilMs,
            options.rate * 0.5,
          ),
        },
      ],
    },
  };
}
