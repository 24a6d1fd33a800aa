import { type Due, due } from '../event.ts';
import { appAppearance, type Person } from '../people.ts';
import { chance, hash32, integer, pick, type Random, zipf } from '../random.ts';
import { createVisit, type Visit } from '../visit.ts';
import type { World } from '../world.ts';
import { failedLogIns } from './failed-log-ins.ts';

type Steps = Generator<Due, void>;

export const ticketHost = 'www.tickets.example';
export const ticketApiHost = 'api.tickets.example';
/** One-tap payment: the app has it since spring, and no document mentions it. */
export const expressPath = '/v5/express-pay';
export const tokenPath = '/oauth/token';
/** The answer to a wrong password. */
export const noToken = { path: tokenPath, status: 400, bytes: 90, ms: 180 } as const;

export const eventCount = 1800;
export const sectionCount = 60;
const byPopularity = zipf(eventCount, 0.9);

export const anEvent = (random: Random): number => 52_000 + byPopularity(random) * 7;
/** Not every hall has every section. */
export const hasSection = (event: number, section: number): boolean =>
  (event - 52_000) % 7 === 0 && event < 52_000 + eventCount * 7 && hash32(`${event}/${section}`) % 100 < 45;

export function openApp(person: Person, random: Random, at: number): Visit {
  return createVisit({
    at,
    random,
    address: person.address(random),
    look: appAppearance('TicketBee', person.phone),
    host: ticketApiHost,
    account: chance(random, 0.75) ? person.account : undefined,
    sendsReferer: false,
    cookies: 0,
    cookieLimit: 1,
    app: true,
    ways: person.ways,
  });
}

/** A single-page site: one document, and then the same kind of calls as the app, with a referer. */
export function openSite(person: Person, random: Random, at: number): Visit {
  return createVisit({
    at,
    random,
    address: person.address(random),
    look: person.browser,
    host: ticketHost,
    referer: pick(random, [
      undefined,
      'https://www.google.com/',
      'https://www.instagram.com/',
      'https://venue.example/',
    ]),
    sendsReferer: person.sendsReferer,
    cookies: integer(random, 12),
    cookieLimit: person.blocksAds ? 10 : 46,
    ways: person.ways,
  });
}

/** A token is renewed silently as a rule; typing a password is rare, and goes wrong like everywhere. */
export function* authenticate(
  visit: Visit,
  world: World,
  person: Person,
  typed: number,
): Generator<Due, boolean> {
  const { random } = visit;
  visit.account = person.account;
  const wrong =
    chance(random, typed) && chance(random, person.carelessness * 1.5) ? 1 + integer(random, 3) : 0;
  if (!(yield* failedLogIns(visit, world, { ...noToken, wrong, pauseSeconds: 5, givesUp: 0.25 })))
    return false;
  yield due(visit.request('POST', tokenPath, { outcome: 'success', bytes: 1100, ms: 150 }));
  visit.think(2);
  return true;
}

function* compareOffers(visit: Visit, prefix: string, event: number): Steps {
  const { random } = visit;
  let section = integer(random, sectionCount);
  for (let looks = 1 + integer(random, 4); looks > 0; looks--) {
    if (!chance(random, 0.05)) while (!hasSection(event, section)) section = (section + 1) % sectionCount;
    const found = hasSection(event, section);
    yield due(
      visit.request('GET', `${prefix}/events/${event}/offers`, {
        query: `section=${section}&qty=${1 + integer(random, 4)}`,
        status: found ? 200 : 404,
        bytes: found ? 2400 : 80,
        ms: 90,
      }),
    );
    visit.think(5);
    section = (section + 1 + integer(random, 5)) % sectionCount;
  }
}

function* pay(visit: Visit, app: boolean): Steps {
  const { random } = visit;
  const held = chance(random, 0.9);
  yield due(visit.request('POST', '/v5/holds', { status: held ? 201 : 409, bytes: 400, ms: 260 }));
  if (!held) return;
  visit.think(12);
  if (app ? chance(random, 0.75) : chance(random, 0.4)) {
    yield due(visit.request('POST', expressPath, { bytes: 350, ms: 380 }));
    if (chance(random, 0.06)) {
      visit.think(9);
      yield due(visit.request('POST', expressPath, { status: 409, bytes: 200, ms: 200 }));
    }
  } else yield due(visit.request('POST', '/v5/orders', { status: 201, bytes: 900, ms: 700 }));
}

export function* useApp(world: World, person: Person, random: Random, at: number): Steps {
  const visit = openApp(person, random, at);
  if (chance(random, 0.45) && !(yield* authenticate(visit, world, person, 0.15))) return;
  if (chance(random, 0.7)) {
    yield due(
      visit.request('GET', '/v5/feed', { query: `city=${integer(random, 90)}`, bytes: 31_000, ms: 120 }),
    );
    visit.think(7);
  } // the others come by a push message or a shared link
  for (let events = 1 + integer(random, 3); events > 0; events--) {
    const event = anEvent(random);
    yield due(visit.request('GET', `/v5/events/${event}`, { bytes: 12_000, ms: 80 }));
    visit.think(9);
    if (chance(random, 0.5)) yield* compareOffers(visit, '/v5', event);
    if (chance(random, 0.2)) {
      yield* pay(visit, true);
      return;
    }
  }
}

/** Stands at the gate: the app opens with the ticket, often after weeks. */
export function* showTicket(world: World, person: Person, random: Random, at: number): Steps {
  const visit = openApp(person, random, at);
  if (chance(random, 0.6) && !(yield* authenticate(visit, world, person, 0.25))) return;
  yield due(visit.request('GET', '/v5/me/tickets', { bytes: 5000, ms: 90 }));
  visit.think(20);
  if (chance(random, 0.3)) yield due(visit.request('POST', expressPath, { bytes: 350, ms: 380 })); // parking, a drink
}

export function* useSite(world: World, person: Person, random: Random, at: number): Steps {
  const visit = openSite(person, random, at);
  const event = anEvent(random);
  yield due(
    visit.request('GET', chance(random, 0.5) ? '/' : `/e/${event}`, { bytes: 61_000, ms: 80, page: true }),
  );
  visit.think(6);
  for (let events = 1 + integer(random, 2); events > 0; events--) {
    yield due(visit.request('GET', `/bff/events/${event}`, { bytes: 11_000, ms: 80 }));
    visit.think(8);
    if (chance(random, 0.6)) yield* compareOffers(visit, '/bff', event);
  }
  if (!chance(random, 0.2)) return;
  if (chance(random, 0.6) && !(yield* authenticate(visit, world, person, 0.5))) return;
  yield* pay(visit, false);
}
