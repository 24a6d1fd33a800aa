import { createEvent, type GeneratedEvent } from '../event.ts';
import { chance } from '../random.ts';
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
