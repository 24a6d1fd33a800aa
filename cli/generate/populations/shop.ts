import { homeCountries } from '../addresses.ts';
import { type GeneratedEvent, respond } from '../event.ts';
import { crawlerFlows, monitor } from '../machines.ts';
import { chance, fork, hash32, integer, pick } from '../random.ts';
import { browseShop, shopApiHost, shopHost, useShopApp } from '../shop.ts';
import { formatZip, type World } from '../world.ts';
import { attackRequest, tryPassword } from './attack-request.ts';
import {
  type AttackClient,
  type Community,
  type Habit,
  habitFlows,
  honest,
  type Population,
  settledWorld,
} from './population.ts';
import { shopCrowds } from './shop-crowds.ts';
import { callbacks, comeBack, fetchingAhead } from './shop-journeys.ts';

const stock = /\/stores\/\d+\/stock$/;

function targets(world: World): Community['targets'] {
  const page = (client: AttackClient, at: number): GeneratedEvent => {
    const { random } = client;
    const path = chance(random, 0.3) ? '/' : `/p/${world.goods.product(random).slug}`;
    const event = attackRequest(client, at, shopHost, 'GET', path);
    respond(event, random, 200, 52_000, 100);
    client.referer = `https://${shopHost}${path}`;
    return event;
  };
  return {
    login: {
      clients: 'browser',
      sessionLength: 22,
      cookies: [4, 47],
      onTarget: (event) => event.path === '/login' || event.path === '/mobile/v1/login',
      probe: ({ successShare }) => ({
        browse: page,
        hit(client, at) {
          const { random } = client;
          // people are sent there from the checkout, or come straight from a bookmark
          const from = pick(random, ['/checkout', '/checkout', '/checkout', '/', undefined]);
          const referer = from === undefined ? undefined : `https://${shopHost}${from}`;
          const event = attackRequest(client, at, shopHost, 'POST', '/login', referer);
          const right = tryPassword(event, world, random, successShare);
          respond(event, random, right ? 200 : 401, right ? 620 : 140, 250);
          return event;
        },
      }),
    },
    payment: {
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
    const world = settledWorld(setting, { regulars: 9000 });
    const { people } = world;
    const habits: readonly Habit[] = [
      {
        name: 'shop-web',
        share: 0.47,
        requests: 7.7,
        start: (random, at) => {
          const known = chance(random, 0.55);
          const person = known ? people.regular(random) : people.newcomer(random);
          const visit = browseShop(world, person, random, at, known);
          return honest(person, fetchingAhead(world, person, fork(random), visit));
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
