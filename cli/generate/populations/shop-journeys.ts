import { hostingNetworks, randomV4 } from '../addresses.ts';
import { createEvent, type Due, due, type GeneratedEvent, programAppearance, respond } from '../event.ts';
import { appAppearance, type Person } from '../people.ts';
import { chance, integer, namedRandom, pick, type Random } from '../random.ts';
import { askStores, shopApiHost, shopHost } from '../shop.ts';
import { createVisit } from '../visit.ts';
import type { World } from '../world.ts';
import { failedLogIns } from './failed-log-ins.ts';

type Steps = Generator<Due, void>;

/** Somebody who knows what they want: a bookmark, an open tab or a reminder leads straight to the cart or the order. */
export function* comeBack(world: World, person: Person, random: Random, at: number): Steps {
  const app = chance(random, 0.5);
  const prefix = app ? '/mobile/v1' : '';
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: app ? appAppearance('ShopApp', person.phone) : person.browser,
    host: app ? shopApiHost : shopHost,
    account: chance(random, 0.8) ? person.account : undefined,
    sendsReferer: person.sendsReferer,
    cookies: app ? 1 : 6 + integer(random, 20),
    cookieLimit: app ? 2 : 44,
    app,
    ways: person.ways,
  });
  const intent = random();
  if (intent < 0.22) {
    // Another look at something in a tab of this morning.
    const product = world.goods.product(random);
    if (!app && chance(random, 0.6))
      yield due(visit.request('GET', `/p/${product.slug}`, { bytes: 56_000, ms: 100, page: true }));
    visit.think(5);
    yield* askStores(visit, world, person, product, prefix, [6, 6]);
    return;
  }
  if (intent < 0.52) {
    // Logged out since: the page that was asked for answers with the log-in form.
    if (!app && chance(random, 0.7))
      yield due(visit.request('GET', '/account/orders', { status: 302, bytes: 300, ms: 40 }));
    visit.think(5);
    visit.account = person.account;
    const path = `${prefix}/login`;
    const wrong = chance(random, person.carelessness) ? 1 + integer(random, 3) : 0;
    const mistyped = { path, wrong, status: 401, bytes: 140, ms: 240, pauseSeconds: 7, givesUp: 0.3 };
    if (!(yield* failedLogIns(visit, world, mistyped))) return;
    yield due(visit.request('POST', path, { outcome: 'success', bytes: 620, ms: 260 }));
    visit.think(3);
    yield due(visit.request('GET', `${prefix}/account/orders`, { bytes: 9000, ms: 110, page: true }));
    return;
  }
  // The cart of yesterday, paid now.
  if (chance(random, 0.75)) {
    yield due(visit.request('GET', `${prefix}/cart`, { bytes: 17_000, ms: 90, page: true }));
    visit.think(9);
  }
  if (chance(random, 0.6))
    yield due(visit.request('GET', `${prefix}/checkout`, { bytes: 21_000, ms: 120, page: true }));
  visit.think(6);
  const tries = chance(random, 0.08) ? 2 + integer(random, 2) : 1;
  for (let index = 0; index < tries; index++) {
    const failed = index < tries - 1;
    yield due(visit.request('POST', '/wallet/session', { status: failed ? 409 : 200, bytes: 380, ms: 180 }));
    visit.think(4);
  }
  if (chance(random, 0.85))
    yield due(visit.request('POST', `${prefix}/checkout/payment`, { bytes: 510, ms: 640 }));
}

/** A browser that fetches ahead asks for pages that nobody has decided to read. */
export function* fetchingAhead(world: World, person: Person, random: Random, steps: Steps): Steps {
  const share = person.ways?.prefetches ?? 0;
  for (const step of steps) {
    yield step;
    const { event } = step;
    if (event === null || event.method !== 'GET' || !chance(random, share)) continue;
    if (!event.path.startsWith('/p/') && !event.path.startsWith('/c/')) continue;
    const at = event.timestamp + 15;
    const path = `/p/${world.goods.product(random).slug}`;
    const ahead: GeneratedEvent = { ...event, timestamp: at, path, query: undefined };
    ahead.referer = event.referer === undefined ? undefined : `https://${shopHost}${event.path}`;
    ahead.set_cookie_count = 0;
    respond(ahead, random, 200, 56_000, 90);
    yield due(ahead);
  }
}

/** Machines of other companies: a payment provider's webhooks and a price comparison that reads the stock. */
export function* callbacks(world: World): Steps {
  const random = namedRandom(world.seed, 'callbacks');
  const servers = Array.from({ length: 4 }, () =>
    randomV4(random, pick(random, hostingNetworks.slice(0, 6))),
  );
  const look = programAppearance('PayWell-Webhooks/1.9', 't13d1713h1_5b57614c22b0_eca864cca44a');
  const perSecond = 0.9 * world.scale;
  for (let now = world.startMs; now < world.endMs; now += ((0.2 + 1.6 * random()) * 1000) / perSecond) {
    const event = createEvent(
      Math.round(now),
      pick(random, servers),
      look,
      false,
      shopApiHost,
      'POST',
      '/hooks/payment-status',
    );
    event.cookie_count = 0;
    event.set_cookie_count = 0;
    respond(event, random, chance(random, 0.01) ? 500 : 204, 0, 60);
    yield due(event);
  }
}
