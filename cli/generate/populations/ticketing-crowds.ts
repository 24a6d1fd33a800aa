import { type Due, due } from '../event.ts';
import type { Person } from '../people.ts';
import { chance, integer, pick, type Random } from '../random.ts';
import type { World } from '../world.ts';
import { failedLogIns } from './failed-log-ins.ts';
import { type Community, honest, visitor } from './population.ts';
import { authenticate, expressPath, noToken, openApp, openSite, tokenPath } from './ticketing-journeys.ts';
import { wave } from './wave.ts';

type Steps = Generator<Due, void>;

const tour = 99_001;

/** The sale of a tour opens: people wait in the queue, are let in, fight for seats, and try again. */
function* onSale(world: World, person: Person, random: Random, at: number): Steps {
  const app = chance(random, 0.75);
  const visit = app ? openApp(person, random, at) : openSite(person, random, at);
  const prefix = app ? '/v5' : '/bff';
  if (!app && chance(random, 0.8))
    yield due(visit.request('GET', `/e/${tour}`, { bytes: 61_000, ms: 160, page: true }));
  for (let polls = 1 + integer(random, 12); polls > 0; polls--) {
    yield due(
      visit.request('GET', `/v5/queue/${tour}`, {
        status: chance(random, 0.04) ? 503 : 200,
        bytes: 120,
        ms: 60,
      }),
    );
    visit.now += 2500 + random() * 3000;
  }
  if (chance(random, 0.35) && !(yield* authenticate(visit, world, person, 0.7))) return;
  for (let tries = 1 + integer(random, 6); tries > 0; tries--) {
    yield due(
      visit.request('GET', `${prefix}/events/${tour}/offers`, {
        query: `section=${integer(random, 60)}&qty=${1 + integer(random, 4)}`,
        status: chance(random, 0.2) ? 404 : 200,
        bytes: 2400,
        ms: 240,
      }),
    );
    visit.now += 900 + random() * 5000;
    const held = chance(random, 0.3);
    yield due(
      visit.request('POST', '/v5/holds', {
        status: held ? 201 : pick(random, [409, 409, 429]),
        bytes: 400,
        ms: 500,
      }),
    );
    visit.now += 700 + random() * 4000;
    if (!held) continue;
    yield due(
      visit.request('POST', chance(random, 0.7) ? expressPath : '/v5/orders', { bytes: 700, ms: 800 }),
    );
    return;
  }
}

/** A mail about renewed season tickets: one page that exists only for it. */
function* renew(person: Person, random: Random, at: number): Steps {
  const visit = openSite(person, random, at);
  yield due(visit.request('GET', '/w/season-renewal-2027', { bytes: 30_000, ms: 90, page: true }));
  visit.think(15);
  if (chance(random, 0.3))
    yield due(visit.request('POST', '/v5/renewals', { status: 201, bytes: 300, ms: 300 }));
}

/** After the update everybody has to log in again, and many have forgotten how. */
function* logInAgain(world: World, person: Person, random: Random, at: number): Steps {
  const visit = openApp(person, random, at);
  yield due(visit.request('POST', '/v6/devices', { status: 201, bytes: 200, ms: 70 }));
  visit.think(4);
  visit.account = person.account;
  const wrong = chance(random, 0.35) ? 1 + integer(random, 3) : 0;
  if (!(yield* failedLogIns(visit, world, { ...noToken, wrong, pauseSeconds: 6, givesUp: 0.1 }))) return;
  if (!(yield* authenticate(visit, world, person, 0))) return;
  yield due(visit.request('GET', '/v6/feed', { bytes: 28_000, ms: 130 }));
  visit.think(8);
  yield due(visit.request('GET', '/v6/me', { bytes: 1500, ms: 60 }));
}

export function ticketingCrowds(world: World): Community['crowds'] {
  return {
    sale: {
      onTarget: ({ path }) =>
        path === expressPath || path === tokenPath || path === '/v5/holds' || path.endsWith('/offers'),
      flows: (options) => [
        wave('on-sale', options, options.rate * 0.3, 4000, (random, at) => {
          const person = visitor(world, random, 0.22, 0.3);
          return honest(person, onSale(world, person, random, at), 'on-sale-');
        }),
      ],
    },
    landing: {
      onTarget: ({ path }) => path === '/w/season-renewal-2027' || path === '/v5/renewals',
      flows: (options) => [
        wave('renewal', options, options.rate * 0.7, 40_000, (random, at) => {
          const person = visitor(world, random, 0.01, 0.9);
          return honest(person, renew(person, random, at), 'renewal-');
        }),
      ],
    },
    'app-release': {
      onTarget: ({ path }) => path === tokenPath || path.startsWith('/v6/'),
      flows: (options) => [
        wave('log-in-again', options, options.rate * 0.18, 90_000, (random, at) => {
          const person = visitor(world, random, 0.02, 0.93);
          return honest(person, logInAgain(world, person, random, at), 'update-');
        }),
      ],
    },
  };
}
