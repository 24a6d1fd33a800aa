import { type Due, due } from './event.ts';
import { appAppearance, type Person } from './people.ts';
import { chance, integer, type Random } from './random.ts';
import { createVisit, type Visit } from './visit.ts';
import type { World } from './world.ts';

export const bankHost = 'www.bank.example';
export const bankApiHost = 'api.bank.example';

type Steps = Generator<Due, void>;

/** False: gave up, as the identity provider is down. */
function* signIn(visit: Visit, world: World, path: string, person: Person): Generator<Due, boolean> {
  visit.account = person.account;
  for (let tries = 0; world.loginsFail(visit.now); tries++) {
    yield due(visit.request('POST', path, { status: 401, outcome: 'failure', bytes: 130, ms: 900 }));
    visit.think(6);
    if (tries >= 1 && chance(visit.random, 0.5)) return false;
  }
  const wrong = chance(visit.random, person.carelessness) ? 1 + integer(visit.random, 2) : 0;
  for (let index = 0; index < wrong; index++) {
    yield due(visit.request('POST', path, { status: 401, outcome: 'failure', bytes: 130, ms: 300 }));
    visit.think(8);
  }
  yield due(visit.request('POST', path, { outcome: 'success', bytes: 900, ms: 320 }));
  visit.think(3);
  return true;
}

/** Online banking in a browser. */
export function* browseBank(world: World, person: Person, random: Random, at: number): Steps {
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: person.browser,
    host: bankHost,
    sendsReferer: person.sendsReferer,
    cookies: 3 + integer(random, 6),
    cookieLimit: 9 + integer(random, 8),
    ways: person.ways,
  });
  if (chance(random, 0.6)) {
    yield due(visit.request('GET', '/', { bytes: 26_000, ms: 70, page: true }));
    visit.think(5);
  }
  if (!(yield* signIn(visit, world, '/login', person))) return;
  yield due(visit.request('GET', '/accounts', { bytes: 5200, ms: 110, page: true }));
  visit.think(8);
  const account = 10_000_000 + (Number(person.account.slice(1)) % 9_000_000);
  const looks = 1 + integer(random, 3);
  for (let index = 0; index < looks; index++) {
    yield due(
      visit.request('GET', `/accounts/${account + (index % 2)}/transactions`, {
        bytes: 14_000,
        ms: 130,
        page: true,
      }),
    );
    visit.think(20);
  }
  if (chance(random, 0.3))
    yield due(visit.request('POST', '/transfers', { status: 201, bytes: 480, ms: 420 }));
}

/** The bank's app: opened many times a day, mostly just to look. */
export function* useBankApp(world: World, person: Person, random: Random, at: number): Steps {
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: appAppearance('BankApp', person.phone),
    host: bankApiHost,
    sendsReferer: false,
    cookies: chance(random, 0.5) ? 1 : 0,
    cookieLimit: 2,
    app: true,
    ways: person.ways,
  });
  if (!(yield* signIn(visit, world, '/mobile/v1/login', person))) return;
  yield due(visit.request('GET', '/mobile/v1/accounts', { bytes: 2800, ms: 80 }));
  visit.think(6);
  const account = 10_000_000 + (Number(person.account.slice(1)) % 9_000_000);
  if (chance(random, 0.7))
    yield due(visit.request('GET', `/mobile/v1/accounts/${account}/transactions`, { bytes: 7800, ms: 110 }));
}
