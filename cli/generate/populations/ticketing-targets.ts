import { type GeneratedEvent, respond } from '../event.ts';
import { guessedAccount } from '../people.ts';
import { chance, integer, pick } from '../random.ts';
import type { World } from '../world.ts';
import { attackRequest, tryPassword } from './attack-request.ts';
import type { AttackClient, Community } from './population.ts';
import {
  anEvent,
  eventCount,
  expressPath,
  hasSection,
  sectionCount,
  ticketApiHost,
  ticketHost,
  tokenPath,
} from './ticketing-journeys.ts';

const offers = /\/events\/\d+\/offers$/;

export function ticketingTargets(world: World): Community['targets'] {
  const page = (client: AttackClient, at: number): GeneratedEvent => {
    const event = anEvent(client.random);
    const feed = chance(client.random, 0.4);
    const request = attackRequest(
      client,
      at,
      ticketApiHost,
      'GET',
      feed ? '/v5/feed' : `/v5/events/${event}`,
    );
    if (feed) request.query = `city=${integer(client.random, 90)}`;
    respond(request, client.random, 200, feed ? 31_000 : 12_000, 100);
    return request;
  };
  return {
    login: {
      clients: 'app',
      sessionLength: 22,
      cookies: [1, 1],
      onTarget: ({ path }) => path === tokenPath,
      probe: ({ successShare }) => ({
        browse: page,
        hit(client, at) {
          const { random } = client;
          const event = attackRequest(client, at, ticketApiHost, 'POST', tokenPath);
          const right = tryPassword(event, world, random, successShare);
          respond(event, random, right ? 200 : 400, right ? 1100 : 90, 170);
          return event;
        },
      }),
    },
    payment: {
      clients: 'app',
      sessionLength: 22,
      cookies: [1, 1],
      onTarget: ({ path }) => path === expressPath,
      probe: () => ({
        browse: page,
        hit(client, at) {
          const { random } = client;
          const event = attackRequest(client, at, ticketApiHost, 'POST', expressPath);
          if (chance(random, 0.75)) event.account_id = guessedAccount(random);
          respond(event, random, pick(random, [200, 200, 409, 409, 429]), 350, 380);
          return event;
        },
      }),
    },
    lookup: {
      clients: 'browser',
      sessionLength: 22,
      cookies: [2, 44],
      onTarget: ({ path }) => offers.test(path),
      probe: ({ random: shared, knownOnly, moveAt }) => {
        let number = 52_000 + integer(shared, eventCount) * 7;
        let section = 0;
        return {
          browse: page,
          hit(client, at) {
            section++;
            while (knownOnly && section < sectionCount && !hasSection(number, section)) section++;
            if (section >= sectionCount) {
              section = 0;
              number =
                52_000 + ((number - 52_000 + (knownOnly ? 7 : 1 + integer(shared, 7))) % (eventCount * 7));
              if (knownOnly) number -= (number - 52_000) % 7;
              while (knownOnly && section < sectionCount - 1 && !hasSection(number, section)) section++;
            }
            const mobile = moveAt !== null && at >= moveAt + client.lagMs;
            const path = `${mobile ? '/v5' : '/bff'}/events/${number}/offers`;
            const event = attackRequest(
              client,
              at,
              mobile ? ticketApiHost : ticketHost,
              'GET',
              path,
              `https://${ticketHost}/e/${number}`,
            );
            event.query = `section=${section}&qty=${1 + integer(client.random, 4)}`;
            const found = hasSection(number, section);
            respond(event, client.random, found ? 200 : 404, found ? 2400 : 80, 95);
            return event;
          },
        };
      },
    },
  };
}
