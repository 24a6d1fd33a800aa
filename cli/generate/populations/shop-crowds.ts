import { hostingNetworks, randomV4 } from '../addresses.ts';
import { createEvent, type Due, due, type Journey, programAppearance, respond } from '../event.ts';
import { crawlerFlows, monitor } from '../machines.ts';
import { appAppearance, type Person, updated } from '../people.ts';
import { chance, integer, namedRandom, pick, type Random } from '../random.ts';
import { rushToLaunch, shopApiHost, shopHost } from '../shop.ts';
import { createVisit } from '../visit.ts';
import { formatZip, type World } from '../world.ts';
import { type Community, type CrowdOptions, honest, visitor } from './population.ts';
import { wave } from './wave.ts';

type Steps = Generator<Due, void>;

/** The launch in the app, opened from a push message: nothing of the site is visited first. */
function* launchFromPush(world: World, person: Person, random: Random, at: number): Steps {
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: appAppearance('ShopApp', person.phone),
    host: shopApiHost,
    account: person.account,
    sendsReferer: false,
    cookies: 1,
    cookieLimit: 2,
    app: true,
    ways: person.ways,
  });
  const { launch } = world.goods;
  const reloads = 1 + integer(random, 3);
  for (let index = 0; index < reloads; index++) {
    yield due(visit.request('GET', `/mobile/v1/products/${launch.number}`, { bytes: 9000, ms: 120 }));
    visit.now += 700 + random() * 4000;
  }
  if (chance(random, 0.3)) {
    const zip = world.goods.zipNear(person.zip, random);
    const found = world.goods.hasStore(zip);
    yield due(
      visit.request('GET', `/mobile/v1/stores/${formatZip(zip)}/stock`, {
        query: `sku=${world.goods.sku(launch, random)}`,
        status: found ? 200 : 404,
        bytes: 700,
        ms: 90,
      }),
    );
    visit.think(2);
  }
  for (let tries = 1 + integer(random, 4); tries > 0; tries--) {
    const inCart = chance(random, 0.4);
    yield due(
      visit.request('POST', '/mobile/v1/cart/items', {
        status: inCart ? 200 : pick(random, [409, 429, 503]),
        bytes: 300,
        ms: 400,
      }),
    );
    visit.now += 500 + random() * 3000;
    if (!inCart) continue;
    yield due(visit.request('POST', '/wallet/session', { bytes: 380, ms: 180 }));
    visit.think(8);
    yield due(visit.request('POST', '/mobile/v1/checkout/payment', { bytes: 510, ms: 640 }));
    return;
  }
}

/** One page that everybody was sent a link to, and mostly nothing else. */
function* landOn(
  path: string,
  person: Person,
  random: Random,
  at: number,
  referer: string | undefined,
): Steps {
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: person.browser,
    host: shopHost,
    referer,
    sendsReferer: person.sendsReferer,
    cookies: integer(random, 3),
    cookieLimit: person.blocksAds ? 9 : 44,
    ways: person.ways,
  });
  yield due(visit.request('GET', path, { bytes: 40_000, ms: 90, page: true }));
  visit.think(12);
  if (chance(random, 0.25)) {
    yield due(visit.request('GET', '/c/new', { bytes: 39_000, ms: 110, page: true }));
    visit.think(12);
  }
  if (chance(random, 0.1)) yield due(visit.request('POST', '/cart/items', { bytes: 420, ms: 110 }));
}

/** The app after an update: it starts at a new address and calls endpoints that nobody called before. */
function* useNewApp(world: World, person: Person, random: Random, at: number): Steps {
  const visit = createVisit({
    at,
    random,
    address: person.address(random),
    look: appAppearance('ShopApp', updated(person.phone)),
    host: shopApiHost,
    account: chance(random, 0.8) ? person.account : undefined,
    sendsReferer: false,
    cookies: 0,
    cookieLimit: 2,
    app: true,
    ways: person.ways,
  });
  yield due(visit.request('POST', '/mobile/v2/devices', { status: 201, bytes: 300, ms: 80 }));
  visit.think(1);
  yield due(visit.request('GET', '/mobile/v2/feed', { bytes: 26_000, ms: 120 }));
  visit.think(6);
  for (let index = 1 + integer(random, 3); index > 0; index--) {
    const product = world.goods.product(random);
    yield due(visit.request('GET', `/mobile/v2/products/${product.number}`, { bytes: 9000, ms: 80 }));
    visit.think(9);
    if (chance(random, 0.35))
      yield due(
        visit.request('GET', `/mobile/v2/availability/${product.number}`, {
          query: `zip=${formatZip(world.goods.zipNear(person.zip, random))}`,
          bytes: 800,
          ms: 70,
        }),
      );
  }
}

/** Machines that say what they are: search engines at ten times their pace, an SEO crawler, monitors, a price comparison. */
function machines(world: World, options: CrowdOptions): readonly Journey[] {
  const { fromMs, untilMs, random } = options;
  const busier: World = { ...world, scale: world.scale * 10 };
  const call = (
    name: string,
    userAgent: string,
    ja4: string,
    perSecond: number,
    path: (random: Random) => readonly [path: string, query?: string],
    key?: string,
  ): Journey => {
    const servers = Array.from({ length: 5 }, () => randomV4(random, pick(random, hostingNetworks)));
    const look = programAppearance(userAgent, ja4);
    function* steps(): Steps {
      const own = namedRandom(world.seed, `machines/${name}`);
      for (let now = fromMs; now < untilMs; now += ((0.3 + 1.4 * own()) * 1000) / perSecond) {
        const [at, query] = path(own);
        const event = createEvent(Math.round(now), pick(own, servers), look, false, shopHost, 'GET', at);
        event.query = query;
        event.api_key_id = key;
        event.partner_id = key;
        event.cookie_count = 0;
        event.set_cookie_count = 1;
        const gone = chance(own, 0.04);
        respond(event, own, gone ? 404 : 200, gone ? 400 : 3000, 70);
        yield due(event);
      }
    }
    return { population: name, attack: false, steps: steps() };
  };
  return [
    ...crawlerFlows(busier, fromMs, untilMs),
    { population: 'monitor', attack: false, steps: monitor(world, fromMs, untilMs) },
    call(
      'seo-crawler',
      'Mozilla/5.0 (compatible; RankSpider/4.1; +https://rankspider.example/bot)',
      't13d1812h1_85036bcba153_b26ce05bbdd6',
      options.rate * 0.05,
      (own) => [chance(own, 0.8) ? `/p/${world.goods.product(own).slug}` : `/c/${world.goods.category(own)}`],
    ),
    call(
      'price-comparison',
      'PriceScout-Sync/2.0',
      't13d4312h1_c7886603b240_b26ce05bbdd6',
      options.rate * 0.04,
      (own) => {
        const product = world.goods.product(own);
        return [
          `/stores/${formatZip(integer(own, 60) * 1601)}/stock`,
          `sku=${world.goods.sku(product, own)}`,
        ];
      },
      'pricescout',
    ),
  ];
}

export function shopCrowds(world: World): Community['crowds'] {
  const { people, goods } = world;
  return {
    sale: {
      onTarget: ({ path }) =>
        path === '/wallet/session' ||
        path === '/login' ||
        path.endsWith('/cart/items') ||
        path.endsWith('/stock'),
      flows: (options) => [
        wave('launch-web', options, options.rate * 0.3, 10_000, (random, at) => {
          const person = visitor(world, random, 0.25, 0.2);
          return honest(person, rushToLaunch(world, person, random, at), 'launch-');
        }),
        wave('launch-app', options, options.rate * 0.16, 5000, (random, at) => {
          const person = visitor(world, random, 0.08, 0.7);
          return honest(person, launchFromPush(world, person, random, at), 'launch-app-');
        }),
      ],
    },
    machines: {
      onTarget: ({ path }) => path.endsWith('/stock') || path.startsWith('/p/'),
      flows: (options) => machines(world, options),
    },
    viral: {
      onTarget: ({ path }) => path === `/p/${goods.launch.slug}`,
      flows: (options) => {
        const country = pick(options.random, ['BR', 'ID', 'TR', 'US', 'IN']);
        return [
          wave('viral', options, options.rate * 1.2, 60_000, (random, at) => {
            let person = visitor(world, random, 0.85, 0.02);
            for (let tries = 0; tries < 12 && person.country !== country && chance(random, 0.85); tries++)
              person = people.foreigner(random);
            const referer = pick(random, [undefined, undefined, 'https://www.tiktok.com/', 'https://t.co/']);
            return honest(person, landOn(`/p/${goods.launch.slug}`, person, random, at, referer), 'viral-');
          }),
        ];
      },
    },
    landing: {
      onTarget: ({ path }) => path === '/l/thank-you-2026',
      flows: (options) => [
        wave('landing', options, options.rate * 0.9, 40_000, (random, at) => {
          const person = visitor(world, random, 0.02, 0.8);
          return honest(person, landOn('/l/thank-you-2026', person, random, at, undefined), 'landing-');
        }),
      ],
    },
    'app-release': {
      onTarget: ({ path }) => path.startsWith('/mobile/v2/'),
      flows: (options) => [
        wave('app-release', options, options.rate * 0.14, 120_000, (random, at) => {
          const person = visitor(world, random, 0.02, 0.9);
          return honest(person, useNewApp(world, person, random, at), 'new-app-');
        }),
      ],
    },
  };
}
