import { bankApiHost, bankHost, browseBank, useBankApp } from '../bank.ts';
import { type GeneratedEvent, respond } from '../event.ts';
import { monitor } from '../machines.ts';
import { createPartners, type Partner, partnerSession } from '../partners.ts';
import { guessedAccount } from '../people.ts';
import { chance, integer, pick, type Random } from '../random.ts';
import { formatZip, type World } from '../world.ts';
import { attackRequest, tryPassword } from './attack-request.ts';
import { bankCrowds } from './bank-crowds.ts';
import { bookAppointment, confirmPath, hasBranch, payMerchant } from './bank-journeys.ts';
import {
  type AttackClient,
  type Community,
  type Habit,
  habitFlows,
  type Population,
  personHabit,
  settledWorld,
} from './population.ts';

const countries: ReadonlySet<string> = new Set(['DE', 'AT']);

const slots = /\/branches\/\d+\/slots$/;

function targets(world: World, partners: readonly Partner[]): Community['targets'] {
  const page = (client: AttackClient, at: number): GeneratedEvent => {
    const path = pick(client.random, ['/', '/branches', '/rates']);
    const event = attackRequest(client, at, bankHost, 'GET', path);
    respond(event, client.random, 200, 24_000, 80);
    client.referer = `https://${bankHost}${path}`;
    return event;
  };
  const logIn = (event: GeneratedEvent, random: Random, successShare: number): GeneratedEvent => {
    const right = tryPassword(event, world, random, successShare);
    respond(event, random, right ? 200 : chance(random, 0.03) ? 423 : 401, right ? 700 : 150, 290);
    return event;
  };
  return {
    login: {
      clients: 'browser',
      sessionLength: 22,
      cookies: [2, 14],
      onTarget: ({ path }) => path === '/login' || path === '/mobile/v1/login',
      probe: ({ successShare }) => ({
        browse: page,
        hit: (client, at) =>
          logIn(
            attackRequest(client, at, bankHost, 'POST', '/login', `https://${bankHost}/`),
            client.random,
            successShare,
          ),
      }),
    },
    'partner-login': {
      clients: 'kit',
      sessionLength: 26,
      cookies: [0, 0],
      onTarget: ({ path }) => path === '/partner/v2/login',
      probe: ({ successShare }) => ({
        browse: page,
        hit(client, at) {
          const { random } = client;
          const event = attackRequest(client, at, bankApiHost, 'POST', '/partner/v2/login');
          // whoever imitates a partner's kit uses that partner's key
          const imitated = partners.find(({ kit }) => event.user_agent?.startsWith(`${kit}/`));
          const partner = imitated ?? pick(random, partners);
          event.partner_id = partner.id;
          event.api_key_id = pick(random, partner.keyIds);
          event.cookie_count = 0;
          event.set_cookie_count = 0;
          return logIn(event, random, successShare);
        },
      }),
    },
    payment: {
      clients: 'app',
      sessionLength: 22,
      cookies: [1, 2],
      onTarget: ({ path }) => path === confirmPath,
      probe: () => ({
        browse: page,
        hit(client, at) {
          const { random } = client;
          const event = attackRequest(client, at, bankApiHost, 'POST', confirmPath);
          if (chance(random, 0.7)) event.account_id = guessedAccount(random);
          respond(event, random, pick(random, [200, 409, 409, 403, 429]), 300, 340);
          return event;
        },
      }),
    },
    lookup: {
      clients: 'browser',
      sessionLength: 22,
      cookies: [2, 14],
      onTarget: ({ path }) => slots.test(path),
      probe: ({ random: shared, knownOnly, moveAt }) => {
        let zip = integer(shared, 100_000);
        let day = 0;
        return {
          browse: page,
          hit(client, at) {
            day++;
            if (day > 14) {
              day = 1;
              zip = (zip + 1 + integer(shared, 30)) % 100_000;
              while (knownOnly && !hasBranch(zip)) zip = (zip + 1) % 100_000;
            }
            const mobile = moveAt !== null && at >= moveAt + client.lagMs;
            const path = `${mobile ? '/mobile/v1' : ''}/branches/${formatZip(zip)}/slots`;
            const event = attackRequest(
              client,
              at,
              mobile ? bankApiHost : bankHost,
              'GET',
              path,
              `https://${bankHost}/branches`,
            );
            event.query = `service=${10 + integer(client.random, 14)}&day=${day}`;
            respond(event, client.random, hasBranch(zip) ? 200 : 404, hasBranch(zip) ? 900 : 60, 85);
            return event;
          },
        };
      },
    },
  };
}

/** A retail bank in two countries: its app is opened all day long, and six aggregators log in on people's behalf. */
export const bank: Population = {
  name: 'bank',
  title: 'bank with aggregators, Germany and Austria',
  settle(setting) {
    const world = settledWorld(setting, {
      homeCountries: countries,
      regulars: 14_000,
      abroad: 0.025,
      situations: [
        ['home', 38],
        ['home-ipv6', 26],
        ['carrier-nat', 22],
        ['office-nat', 10],
        ['vpn', 4],
      ],
    });
    const partners = createPartners(setting.seed);
    const habits: readonly Habit[] = [
      personHabit(world, 'bank-web', 0.24, 5.3, 0.98, browseBank),
      personHabit(world, 'bank-app', 0.33, 3, 0.97, useBankApp),
      personHabit(world, 'pay', 0.13, 2.45, 0.9, payMerchant),
      personHabit(world, 'branch', 0.1, 3.15, 0.5, bookAppointment),
      personHabit(world, 'partner', 0.2, 3.6, 0.9, (_, person, random, at) =>
        partnerSession(world, partners, person, random, at),
      ),
    ];
    return {
      world,
      countries,
      app: 'BankApp',
      partners,
      background: (leadMs) => [
        ...habitFlows(world, habits, setting.rate, leadMs),
        { population: 'monitor', attack: false, steps: monitor(world, world.startMs, world.endMs) },
      ],
      targets: targets(world, partners),
      crowds: bankCrowds(world, partners),
    };
  },
};
