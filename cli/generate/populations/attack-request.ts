import { createEvent, type GeneratedEvent } from '../event.ts';
import { guessedAccount } from '../people.ts';
import { chance, type Random } from '../random.ts';
import type { World } from '../world.ts';
import type { AttackClient } from './population.ts';

/** A request of an attacker's client, with what it says of itself; the answer is still to come. */
export function attackRequest(
  client: AttackClient,
  at: number,
  host: string,
  method: string,
  path: string,
  /** The page that people come from. */
  from?: string,
): GeneratedEvent {
  const resumed = client.requests > 0 && (client.requests & 3) !== 0;
  const event = createEvent(at, client.address(), client.look, resumed, host, method, path);
  event.session_id = client.session;
  event.referer = client.forgesReferer && from !== undefined ? from : client.referer;
  event.cookie_count = client.cookies;
  const fresh = client.requests === 0 && !client.hasVisitedBefore;
  event.set_cookie_count = chance(client.random, fresh ? 0.8 : 0.2) ? (fresh ? 2 : 1) : 0;
  return event;
}

/** Makes the request a try of a stolen password. True: it is one of the share that is right, for an account that exists. */
export function tryPassword(
  event: GeneratedEvent,
  world: World,
  random: Random,
  successShare: number,
): boolean {
  const right = chance(random, successShare);
  event.account_id = right ? world.people.regular(random).account : guessedAccount(random);
  event.outcome = right ? 'success' : 'failure';
  return right;
}
