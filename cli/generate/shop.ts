import { type Due, due } from './event.ts';
import { appAppearance, type Person } from './people.ts';
import { chance, integer, pick, type Random } from './random.ts';
import { createVisit, type Visit } from './visit.ts';
import { formatZip, type Product, type World } from './world.ts';

export const shopHost = 'www.shop.example';
export const shopApiHost = 'api.shop.example';

const entrances = [
  undefined,
  undefined,
  'https://www.google.com/',
  'https://www.google.com/',
  'https://duckduckgo.com/',
  'https://www.instagram.com/',
  'https://news.shop.example/autumn',
];

type Steps = Generator<Due, void>;

function openShop(person: Person, random: Random, at: number, known: boolean): Visit {
  return createVisit({
    at,
    random,
    address: person.address(random),
    look: person.browser,
    host: shopHost,
    account: known && chance(random, 0.45) ? person.account : undefined,
    referer: pick(random, entrances),
    sendsReferer: person.sendsReferer,
    cookies: known ? 5 + integer(random, 16) : integer(random, 2),
    cookieLimit: person.blocksAds ? 7 + integer(random, 8) : 38 + integer(random, 14),
    ways: person.ways,
  });
}

/** Types the password until it is right, or gives up. Bad days happen. */
function* login(visit: Visit, world: World, path: string, person: Person): Steps {
  visit.account = person.account;
  for (let tries = 0; world.loginsFail(visit.now); tries++) {
    yield due(visit.request('POST', path, { status: 401, outcome: 'failure', bytes: 140, ms: 900 }));
    visit.think(6);
    if (tries >= 1 && chance(visit.random, 0.5)) {
      visit.account = undefined;
      return;
    }
  }
  let wrong = chance(visit.random, person.carelessness) ? 1 + integer(visit.random, 3) : 0;
  for (; wrong > 0; wrong--) {
    yield due(visit.request('POST', path, { status: 401, outcome: 'failure', bytes: 140, ms: 240 }));
    visit.think(7);
    if (chance(visit.random, 0.12)) {
      visit.account = undefined;
      return;
    }
  }
  yield due(visit.request('POST', path, { outcome: 'success', bytes: 620, ms: 260 }));
  visit.think(2);
}

/** Asks which stores nearby have it; `pauses`: seconds to read that one has, or that there is none. */
export function* askStores(
  visit: Visit,
  world: World,
  person: Person,
  product: Product,
  prefix: string,
  pauses: readonly [found: number, missed: number] = [4, 2],
): Steps {
  const { random } = visit;
  const asks = 1 + integer(random, 3);
  for (let index = 0; index < asks; index++) {
    const zip = world.goods.zipNear(person.zip, random);
    const found = world.goods.hasStore(zip);
    yield due(
      visit.request('GET', `${prefix}/stores/${formatZip(zip)}/stock`, {
        query: `sku=${world.goods.sku(product, random)}`,
        status: found ? 200 : 404,
        bytes: found ? 740 : 70,
        ms: 60,
      }),
    );
    visit.think(pauses[found ? 0 : 1]);
  }
}

/** Pays for what is in the cart: by card, or with the wallet whose session endpoint nobody wrote down. */
function* checkout(visit: Visit, world: World, person: Person, prefix: string): Steps {
  const { random } = visit;
  yield due(visit.request('GET', `${prefix}/checkout`, { bytes: 21_000, ms: 120, page: true }));
  visit.think(6);
  if (visit.account === undefined) yield* login(visit, world, `${prefix}/login`, person);
  visit.think(14);
  if (chance(random, 0.62)) {
    yield due(visit.request('POST', '/wallet/session', { bytes: 380, ms: 180 }));
    visit.think(9);
  }
  const declined = chance(random, 0.05);
  yield due(
    visit.request('POST', `${prefix}/checkout/payment`, {
      status: declined ? 402 : 200,
      bytes: 510,
      ms: 640,
    }),
  );
  if (declined) {
    visit.think(12);
    yield due(visit.request('POST', `${prefix}/checkout/payment`, { bytes: 510, ms: 640 }));
  }
  visit.think(2);
  yield due(
    visit.request('GET', `${prefix}/account/orders/${700_000 + integer(random, 90_000)}`, {
      bytes: 6200,
      ms: 90,
      page: true,
    }),
  );
}

/** A person on the shop's site: looks around, asks for stock, and sometimes buys. */
export function* browseShop(world: World, person: Person, random: Random, at: number, known: boolean): Steps {
  const visit = openShop(person, random, at, known);
  const { goods } = world;
  const start = random();
  if (start < 0.42) {
    yield due(visit.request('GET', '/', { bytes: 48_000, ms: 90, page: true }));
    visit.think(8);
  } else if (start < 0.55) {
    yield due(visit.request('GET', `/c/${goods.category(random)}`, { bytes: 39_000, ms: 110, page: true }));
    visit.think(10);
  } // the others land on a product from a search engine or a friend's message
  const products = 1 + integer(random, 3) + (chance(random, 0.2) ? integer(random, 5) : 0);
  let wants: Product | null = null;
  for (let index = 0; index < products; index++) {
    if (chance(random, 0.35)) {
      yield due(
        visit.request('GET', '/search', {
          query: `q=${goods.category(random)}&page=${1 + integer(random, 3)}`,
          bytes: 31_000,
          ms: 140,
          page: true,
        }),
      );
      visit.think(7);
    }
    const product = goods.product(random);
    const gone = chance(random, 0.01);
    yield due(
      visit.request('GET', `/p/${product.slug}`, {
        status: gone ? 404 : 200,
        bytes: gone ? 4000 : 56_000,
        ms: 100,
        page: true,
      }),
    );
    visit.think(18);
    if (!gone && chance(random, 0.18)) yield* askStores(visit, world, person, product, '');
    if (!gone && chance(random, 0.3)) wants = product;
  }
  if (wants === null) {
    if (known && chance(random, 0.25)) {
      if (visit.account === undefined) yield* login(visit, world, '/login', person);
      if (visit.account !== undefined)
        yield due(visit.request('GET', '/account/orders', { bytes: 9000, ms: 110, page: true }));
    }
    return;
  }
  yield due(visit.request('POST', '/cart/items', { bytes: 420, ms: 110 }));
  visit.think(5);
  yield due(visit.request('GET', '/cart', { bytes: 17_000, ms: 90, page: true }));
  visit.think(16);
  if (chance(random, 0.5)) yield* checkout(visit, world, person, '');
}

/** A person in the shop's app: straight to the API, no page and no referer by nature. */
export function* useShopApp(world: World, person: Person, random: Random, at: number): Steps {
  const look = appAppearance('ShopApp', person.phone);
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look,
    host: shopApiHost,
    account: chance(random, 0.7) ? person.account : undefined,
    sendsReferer: false,
    cookies: chance(random, 0.8) ? 1 : 0,
    cookieLimit: 2,
    app: true,
    ways: person.ways,
  });
  const { goods } = world;
  yield due(visit.request('POST', '/mobile/v1/session', { bytes: 350, ms: 70 }));
  yield due(visit.request('GET', '/mobile/v1/home', { bytes: 22_000, ms: 90 }));
  visit.think(6);
  const products = 1 + integer(random, 5);
  for (let index = 0; index < products; index++) {
    const product = goods.product(random);
    yield due(visit.request('GET', `/mobile/v1/products/${product.number}`, { bytes: 9000, ms: 70 }));
    visit.think(14);
    if (chance(random, 0.22)) yield* askStores(visit, world, person, product, '/mobile/v1');
    if (chance(random, 0.14)) {
      yield due(visit.request('POST', '/mobile/v1/cart/items', { bytes: 300, ms: 90 }));
      visit.think(9);
      if (chance(random, 0.5)) {
        yield* checkout(visit, world, person, '/mobile/v1');
        return;
      }
    }
  }
}

/** Comes for the launch: a deep link, reloads, a crowded cart, often a mistyped password in the hurry. */
export function* rushToLaunch(world: World, person: Person, random: Random, at: number): Steps {
  const product = world.goods.launch;
  const visit = openShop(person, random, at, false);
  const reloads = 1 + integer(random, 5);
  for (let index = 0; index < reloads; index++) {
    const busy = chance(random, 0.06);
    yield due(
      visit.request('GET', `/p/${product.slug}`, {
        status: busy ? 503 : 200,
        bytes: busy ? 900 : 56_000,
        ms: 260,
        page: true,
      }),
    );
    visit.now += (0.8 + random() * 6) * 1000;
  }
  if (chance(random, 0.25)) yield* askStores(visit, world, person, product, '');
  const tries = 1 + integer(random, 5);
  let inCart = false;
  for (let index = 0; index < tries && !inCart; index++) {
    inCart = chance(random, 0.4);
    yield due(
      visit.request('POST', '/cart/items', {
        status: inCart ? 200 : pick(random, [409, 409, 429, 503]),
        bytes: 300,
        ms: 420,
      }),
    );
    visit.now += (0.6 + random() * 4) * 1000;
  }
  if (!inCart) return;
  yield due(visit.request('GET', '/cart', { bytes: 17_000, ms: 150, page: true }));
  visit.think(6);
  if (chance(random, 0.6))
    yield* checkout(visit, world, { ...person, carelessness: Math.min(0.6, person.carelessness * 3) }, '');
}
