import { homeCountries, networks, randomV4 } from '../addresses.ts';
import { createEvent, type Due, due, type GeneratedEvent, respond } from '../event.ts';
import { crawlerFlows, monitor } from '../machines.ts';
import { appAppearance, type Person } from '../people.ts';
import { chance, hash32, integer, namedRandom, pick, type Random } from '../random.ts';
import { browseShop, shopApiHost, shopHost, useShopApp } from '../shop.ts';
import { createVisit } from '../visit.ts';
import { createWorld, formatZip, type World } from '../world.ts';
import { attackRequest } from './attack-request.ts';
import { type Habit, habitFlows, honest, type Population, type Target } from './population.ts';
import { shopCrowds } from './shop-crowds.ts';

type Steps = Generator<Due, void>;

/** Somebody who knows what they want: a bookmark, an open tab or a reminder leads straight to the cart or the order. */
function* comeBack(world: World, person: Person, random: Random, at: number): Steps {
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
      visit.think(6);
    }
    return;
  }
  if (intent < 0.52) {
    // Logged out since: the page that was asked for answers with the log-in form.
    if (!app && chance(random, 0.7))
      yield due(visit.request('GET', '/account/orders', { status: 302, bytes: 300, ms: 40 }));
    visit.think(5);
    visit.account = person.account;
    let wrong = chance(random, person.carelessness) ? 1 + integer(random, 3) : 0;
    while (world.loginsFail(visit.now) || wrong > 0) {
      if (wrong > 0) wrong--;
      yield due(
        visit.request('POST', `${prefix}/login`, { status: 401, outcome: 'failure', bytes: 140, ms: 240 }),
      );
      visit.think(7);
      if (chance(random, 0.3)) return;
    }
    yield due(visit.request('POST', `${prefix}/login`, { outcome: 'success', bytes: 620, ms: 260 }));
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

/** Machines of other companies: a payment provider's webhooks and a price comparison that reads the stock. */
function* callbacks(world: World): Steps {
  const random = namedRandom(world.seed, 'callbacks');
  const clouds = networks.filter(({ kind }) => kind === 'hosting');
  const servers = Array.from({ length: 4 }, () => randomV4(random, pick(random, clouds.slice(0, 6))));
  const ja4 = 't13d1713h1_5b57614c22b0_eca864cca44a';
  const look = {
    userAgent: 'PayWell-Webhooks/1.9',
    acceptLanguage: undefined,
    httpVersion: '1.1',
    tlsVersion: 'TLSv1.3',
    ja4,
    ja4Resumed: ja4,
  };
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

const stock = /\/stores\/\d+\/stock$/;

function targets(world: World): { readonly [name: string]: Target } {
  const page = (client: Parameters<typeof attackRequest>[0], at: number): GeneratedEvent => {
    const { random } = client;
    const path = chance(random, 0.3) ? '/' : `/p/${world.goods.product(random).slug}`;
    const event = attackRequest(client, at, shopHost, 'GET', path);
    respond(event, random, 200, 52_000, 100);
    client.referer = `https://${shopHost}${path}`;
    return event;
  };
  return {
    login: {
      name: 'login',
      clients: 'browser',
      sessionLength: 22,
      cookies: [4, 47],
      onTarget: (event) => event.path === '/login' || event.path === '/mobile/v1/login',
      probe: ({ successShare }) => ({
        browse: page,
        hit(client, at) {
          const { random } = client;
          const event = attackRequest(
            client,
            at,
            shopHost,
            'POST',
            '/login',
            `https://${shopHost}/account/orders`,
          );
          const right = chance(random, successShare);
          event.account_id = right
            ? world.people.regular(random).account
            : `u${integer(random, 9_000_000) + 1_000_000}`;
          event.outcome = right ? 'success' : 'failure';
          respond(event, random, right ? 200 : 401, right ? 620 : 140, 250);
          return event;
        },
      }),
    },
    payment: {
      name: 'payment',
      clients: 'browser',
      sessionLength: 22,
      cookies: [4, 47],
      onTarget: (event) => event.path === '/wallet/session',
      probe: () => ({
        browse: page,
        hit(client, at) {
          const { random } = client;
          const from = `https://${shopHost}/checkout`;
          const event = attackRequest(client, at, shopHost, 'POST', '/wallet/session', from);
          if (event.referer === undefined && chance(random, 0.15)) event.referer = from;
          respond(event, random, pick(random, [200, 200, 200, 409, 409, 429, 500]), 380, 300);
          return event;
        },
      }),
    },
    lookup: {
      name: 'lookup',
      clients: 'browser',
      sessionLength: 22,
      cookies: [4, 47],
      onTarget: (event) => stock.test(event.path),
      probe: ({ random: shared, knownOnly, moveAt }) => {
        // Ranges of products per ZIP code, handed out to whoever asks next.
        let item = integer(shared, world.goods.count);
        let zip = integer(shared, 100_000);
        let asked = 0;
        return {
          browse: page,
          hit(client, at) {
            const { random } = client;
            if (++asked % 37 === 0) {
              zip = (zip + 17 + integer(shared, 900)) % 100_000;
              while (knownOnly && !world.goods.hasStore(zip)) zip = (zip + 1) % 100_000;
            }
            item = (item + 1 + integer(shared, 3)) % (knownOnly ? world.goods.count : world.goods.count * 2);
            const mobile = moveAt !== null && at >= moveAt + client.lagMs;
            const path = `${mobile ? '/mobile/v1' : ''}/stores/${formatZip(zip)}/stock`;
            const from = `https://${shopHost}/p/${world.goods.product(random).slug}`;
            const event = attackRequest(client, at, mobile ? shopApiHost : shopHost, 'GET', path, from);
            event.query = `sku=${(400_000 + item * 13) * 100 + 35 + (hash32(`${item}`) % 13)}`;
            const found = item < world.goods.count && world.goods.hasStore(zip);
            respond(event, random, found ? 200 : 404, found ? 740 : 70, 65);
            return event;
          },
        };
      },
    },
  };
}

/** A fashion retailer in seven European countries: half web, a third app, crawlers and the machines of others. */
export const shop: Population = {
  name: 'shop',
  title: 'retailer, web and app, Europe',
  settle(setting) {
    const scale = setting.rate / 100;
    const world = createWorld({
      ...setting,
      scale,
      people: { ways: true, regulars: setting.regulars === undefined ? 9000 : setting.regulars / scale },
    });
    const { people } = world;
    const habits: readonly Habit[] = [
      {
        name: 'shop-web',
        share: 0.47,
        requests: 7.7,
        start: (random, at) => {
          const known = chance(random, 0.55);
          const person = known ? people.regular(random) : people.newcomer(random);
          return honest(person, browseShop(world, person, random, at, known));
        },
      },
      {
        name: 'shop-app',
        share: 0.29,
        requests: 7,
        start: (random, at) => {
          const person = chance(random, 0.85) ? people.regular(random) : people.newcomer(random);
          return honest(person, useShopApp(world, person, random, at), 'app-');
        },
      },
      {
        name: 'returning',
        share: 0.2,
        requests: 3.1,
        start: (random, at) => {
          const person = people.regular(random);
          return honest(person, comeBack(world, person, random, at), 'returning-');
        },
      },
    ];
    return {
      world,
      countries: homeCountries,
      app: 'ShopApp',
      partners: [],
      background: (leadMs) => [
        ...habitFlows(world, habits, setting.rate, leadMs),
        ...crawlerFlows(world, world.startMs, world.endMs),
        { population: 'monitor', attack: false, steps: monitor(world, world.startMs, world.endMs) },
        { population: 'webhooks', attack: false, steps: callbacks(world) },
      ],
      targets: targets(world),
      crowds: shopCrowds(world),
    };
  },
};
