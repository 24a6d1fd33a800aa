import { bankApiHost, bankHost } from '../bank.ts';
import { type Due, due } from '../event.ts';
import { appAppearance, type Person } from '../people.ts';
import { chance, hash32, integer, pick, type Random } from '../random.ts';
import { createVisit } from '../visit.ts';
import { formatZip, type World } from '../world.ts';
import { failedLogIns } from './failed-log-ins.ts';

type Steps = Generator<Due, void>;

/** Called by the app and by merchants' pages; in no document. */
export const confirmPath = '/instant/confirm';
/** The bank's answer to a wrong password. */
export const refused = { status: 401, bytes: 130, ms: 300 } as const;
export const hasBranch = (zip: number) => hash32(`branch${zip}`) % 100 < 35;

/** Pays at a merchant by bank: comes from elsewhere, logs in, confirms, and is gone. */
export function* payMerchant(world: World, person: Person, random: Random, at: number): Steps {
  const app = chance(random, 0.55);
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: app ? appAppearance('BankApp', person.phone) : person.browser,
    host: app ? bankApiHost : bankHost,
    account: person.account,
    referer: chance(random, 0.5) ? 'https://checkout.merchant.example/' : undefined,
    sendsReferer: person.sendsReferer,
    cookies: app ? 1 : integer(random, 9),
    cookieLimit: app ? 2 : 12,
    app,
    ways: person.ways,
  });
  if (!app) {
    yield due(
      visit.request('GET', `/pay/${100_000 + integer(random, 800_000)}`, {
        bytes: 18_000,
        ms: 90,
        page: true,
      }),
    );
    visit.think(5);
  }
  const path = app ? '/mobile/v1/login' : '/login';
  const wrong = chance(random, person.carelessness) ? 1 + integer(random, 2) : 0;
  const mistyped = { ...refused, path, wrong, pauseSeconds: 7, givesUp: 0.25 };
  if (!(yield* failedLogIns(visit, world, mistyped))) return;
  // A phone that is unlocked needs no password.
  if (!app || chance(random, 0.5))
    yield due(visit.request('POST', path, { outcome: 'success', bytes: 900, ms: 320 }));
  visit.think(6);
  const tries = chance(random, 0.06) ? 2 : 1;
  for (let index = 1; index <= tries; index++) {
    yield due(visit.request('POST', confirmPath, { status: index < tries ? 409 : 200, bytes: 300, ms: 350 }));
    visit.think(3);
  }
}

/** Looks for an appointment at a branch nearby. */
export function* bookAppointment(_world: World, person: Person, random: Random, at: number): Steps {
  const app = chance(random, 0.4);
  const prefix = app ? '/mobile/v1' : '';
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: app ? appAppearance('BankApp', person.phone) : person.browser,
    host: app ? bankApiHost : bankHost,
    referer: pick(random, [undefined, 'https://www.google.com/']),
    sendsReferer: person.sendsReferer,
    cookies: app ? 1 : integer(random, 9),
    cookieLimit: app ? 2 : 12,
    app,
    ways: person.ways,
  });
  if (!app && chance(random, 0.8)) {
    yield due(visit.request('GET', '/branches', { bytes: 24_000, ms: 80, page: true }));
    visit.think(8);
  }
  const service = 10 + integer(random, 14);
  for (let looks = 1 + integer(random, 4); looks > 0; looks--) {
    let zip = (person.zip + integer(random, 40)) % 100_000;
    if (!chance(random, 0.07)) while (!hasBranch(zip)) zip = (zip + 1) % 100_000;
    yield due(
      visit.request('GET', `${prefix}/branches/${formatZip(zip)}/slots`, {
        query: `service=${service}&day=${1 + integer(random, 14)}`,
        status: hasBranch(zip) ? 200 : 404,
        bytes: hasBranch(zip) ? 900 : 60,
        ms: 80,
      }),
    );
    visit.think(6);
  }
}
