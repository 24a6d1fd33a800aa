import { formatV4, hostingNetworks, randomV4 } from './addresses.ts';
import { bankApiHost, bankHost } from './bank.ts';
import { type Appearance, createEvent, type Due, due, programAppearance, respond } from './event.ts';
import { chance, integer, namedRandom, pick, type Random } from './random.ts';
import { shopHost } from './shop.ts';
import type { World } from './world.ts';

interface Crawler {
  readonly name: string;
  /** Published ranges: first address and number of addresses. */
  readonly ranges: readonly (readonly [first: string, size: number])[];
  readonly look: Appearance;
  readonly share: number;
}

/** Search engines, in addresses they publish. */
const crawlers: readonly Crawler[] = [
  {
    name: 'googlebot',
    ranges: [
      ['66.249.64.0', 512],
      ['66.249.66.0', 256],
    ],
    look: programAppearance(
      'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      't13d1211h2_5a2ab1c1f9d1_0f1c5d4d0a4a',
      '2',
    ),
    share: 0.6,
  },
  {
    name: 'bingbot',
    ranges: [
      ['157.55.39.0', 256],
      ['207.46.13.0', 256],
    ],
    look: programAppearance(
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36',
      't13d190900_9dc949149365_97f8aa674fd9',
      '1.1',
    ),
    share: 0.4,
  },
];

const numeric = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** A crawler reads the catalogue at its own even pace, day and night. */
export function* crawl(
  world: World,
  random: Random,
  crawler: Crawler,
  fromMs: number,
  untilMs: number,
): Generator<Due, void> {
  const perSecond = 2 * world.scale * crawler.share;
  for (let now = fromMs; now < untilMs; now += ((0.5 + random()) * 1000) / perSecond) {
    const [first, size] = pick(random, crawler.ranges);
    const address = formatV4(numeric(first) + 1 + integer(random, size - 2));
    const product = world.goods.product(random);
    const path = chance(random, 0.85) ? `/p/${product.slug}` : `/c/${product.category}`;
    const event = createEvent(Math.round(now), address, crawler.look, false, shopHost, 'GET', path);
    event.cookie_count = 0;
    event.set_cookie_count = 2;
    const gone = chance(random, 0.03);
    respond(event, random, gone ? 404 : 200, gone ? 4000 : 56_000, 100);
    yield due(event);
  }
}

export function crawlerFlows(world: World, fromMs: number, untilMs: number) {
  return crawlers.map((crawler) => ({
    population: crawler.name,
    attack: false,
    steps: crawl(world, namedRandom(world.seed, crawler.name), crawler, fromMs, untilMs),
  }));
}

/** Uptime checks from three places, to the second, with one synthetic log-in a minute. */
export function* monitor(world: World, fromMs: number, untilMs: number): Generator<Due, void> {
  const random = namedRandom(world.seed, 'monitors');
  const places = [0, 1, 2].map((index) => randomV4(random, hostingNetworks[index]!));
  const ja4 = 't13d1312h2_f57a46bbacb6_5ac7197df9d2';
  const look = programAppearance('UptimeSentinel/2.4 (+https://uptime.example/bot)', ja4);
  for (let beat = 0, now = fromMs; now < untilMs; beat++, now += 5000) {
    const place = places[beat % places.length]!;
    const event = createEvent(
      now,
      place,
      look,
      false,
      beat % 2 === 0 ? shopHost : bankHost,
      'GET',
      '/health',
    );
    event.cookie_count = 0;
    respond(event, random, 200, 90, 12);
    yield due(event);
    if (beat % 12 === 0) {
      const login = createEvent(now + 40, place, look, false, bankApiHost, 'POST', '/mobile/v1/login');
      login.account_id = 'monitor-account';
      login.cookie_count = 0;
      login.outcome = 'success';
      respond(login, random, 200, 900, 320);
      yield due(login);
    }
  }
}
