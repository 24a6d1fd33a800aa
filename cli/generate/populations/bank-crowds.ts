import { bankApiHost } from '../bank.ts';
import { createEvent, type Due, due, respond } from '../event.ts';
import type { Partner } from '../partners.ts';
import { chance, integer, pick, type Random, token } from '../random.ts';
import type { World } from '../world.ts';
import type { Crowd } from './population.ts';

/**
 * A partner's nightly batch: everybody it has a consent for is logged in and read, as fast as it is allowed to, and the
 * passwords that people have changed since fail.
 */
function* staleBatch(
  world: World,
  partner: Partner,
  random: Random,
  fromMs: number,
  untilMs: number,
  perSecond: number,
): Generator<Due, void> {
  const call = (
    now: number,
    server: string,
    session: string,
    account: string,
    method: string,
    path: string,
  ) => {
    const event = createEvent(Math.round(now), server, partner.server, false, bankApiHost, method, path);
    event.session_id = session;
    event.account_id = account;
    event.partner_id = partner.id;
    event.api_key_id = partner.keyIds[0];
    event.end_user_ip = undefined;
    event.cookie_count = 0;
    event.set_cookie_count = 0;
    return event;
  };
  for (let now = fromMs; now < untilMs; now += ((0.4 + 1.2 * random()) * 2000) / perSecond) {
    const server = pick(random, partner.servers);
    const session = token(random, 26);
    const account = world.people.regular(random).account;
    const login = call(now, server, session, account, 'POST', '/partner/v2/login');
    const stale = chance(random, 0.3);
    login.outcome = stale ? 'failure' : 'success';
    respond(login, random, stale ? 401 : 200, stale ? 160 : 700, 290);
    yield due(login);
    if (stale) continue;
    const number = 10_000_000 + integer(random, 9_000_000);
    const read = call(
      now + 1,
      server,
      session,
      account,
      'GET',
      `/partner/v2/accounts/${number}/transactions`,
    );
    respond(read, random, 200, 11_000, 130);
    yield due(read);
  }
}

export function bankCrowds(world: World, partners: readonly Partner[]): { readonly [name: string]: Crowd } {
  return {
    batch: {
      onTarget: ({ path }) => path === '/partner/v2/login',
      flows: (options) => [
        {
          population: 'partner-batch',
          attack: false,
          steps: staleBatch(
            world,
            partners[1 + integer(options.random, partners.length - 1)]!,
            options.random,
            options.fromMs,
            options.untilMs,
            options.rate * 0.5,
          ),
        },
      ],
    },
  };
}
