import { hostingNetworks, randomV4 } from '../addresses.ts';
import { createEvent, type Due, due, programAppearance, respond } from '../event.ts';
import { chance, integer, namedRandom, pick } from '../random.ts';
import type { World } from '../world.ts';
import { type Habit, habitFlows, type Population, personHabit, settledWorld } from './population.ts';
import { ticketingCrowds } from './ticketing-crowds.ts';
import { anEvent, sectionCount, showTicket, ticketApiHost, useApp, useSite } from './ticketing-journeys.ts';
import { ticketingTargets } from './ticketing-targets.ts';

type Steps = Generator<Due, void>;

const countries: ReadonlySet<string> = new Set(['US', 'GB', 'CA', 'BR', 'MX']);

/** Professional sellers' scripts, with a key of their own: they re-price their lots all day. */
function* resellers(world: World): Steps {
  const random = namedRandom(world.seed, 'resellers');
  const sellers = ['python-requests/2.32.3', 'okhttp/4.12.0', 'LotPricer/3.1', 'axios/1.7.7'].map(
    (userAgent, index) => {
      const ja4 = [
        't13d1812h1_85036bcba153_b26ce05bbdd6',
        't13d1512h2_46e7e9700bed_eca864cca44a',
        't13d4312h1_c7886603b240_b26ce05bbdd6',
        't13d591000_a33745022dd6_40018055699d',
      ][index];
      return {
        look: programAppearance(userAgent, ja4),
        key: `seller-${index}`,
        server: randomV4(random, pick(random, hostingNetworks)),
      };
    },
  );
  const perSecond = 2.5 * world.scale;
  for (let now = world.startMs; now < world.endMs; now += ((0.1 + 1.8 * random()) * 1000) / perSecond) {
    const seller = pick(random, sellers);
    const event = anEvent(random);
    const write = chance(random, 0.4);
    const request = createEvent(
      Math.round(now),
      seller.server,
      seller.look,
      false,
      ticketApiHost,
      write ? 'PUT' : 'GET',
      write ? `/v5/listings/${900_000 + integer(random, 20_000)}` : `/v5/events/${event}/offers`,
    );
    if (!write) request.query = `section=${integer(random, sectionCount)}&qty=2`;
    request.api_key_id = seller.key;
    request.partner_id = seller.key;
    request.cookie_count = 0;
    request.set_cookie_count = 0;
    respond(request, random, !write && chance(random, 0.2) ? 404 : 200, 900, 110);
    yield due(request);
  }
}

/** A ticket market in five countries: an app on phones behind carriers' NAT, a single-page site, sellers with scripts. */
export const ticketing: Population = {
  name: 'ticketing',
  title: 'ticket market, mostly app, Americas and Britain',
  settle(setting) {
    const world = settledWorld(setting, {
      homeCountries: countries,
      regulars: 12_000,
      abroad: 0.06,
      situations: [
        ['carrier-nat', 44],
        ['home-ipv6', 28],
        ['home', 18],
        ['office-nat', 4],
        ['vpn', 6],
      ],
    });
    const habits: readonly Habit[] = [
      personHabit(world, 'app', 0.6, 6.1, 0.75, useApp),
      personHabit(world, 'gate', 0.16, 1.9, 0.95, showTicket),
      personHabit(world, 'site', 0.21, 4.75, 0.45, useSite),
    ];
    return {
      world,
      countries,
      app: 'TicketBee',
      partners: [],
      background: (leadMs) => [
        ...habitFlows(world, habits, setting.rate, leadMs),
        { population: 'resellers', attack: false, steps: resellers(world) },
      ],
      targets: ticketingTargets(world),
      crowds: ticketingCrowds(world),
    };
  },
};
