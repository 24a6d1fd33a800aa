import { type Appearance, createEvent, type GeneratedEvent, respond } from './event.ts';
import type { Ways } from './people.ts';
import { chance, createRandom, hash32, integer, logNormal, type Random, token } from './random.ts';

/** One client's conversation with one host: time, session, cookies and referer move on with every request. */
export interface Visit {
  /** Time of the next request, epoch ms. */
  now: number;
  readonly random: Random;
  /** undefined: the client keeps no cookies, or calls without any. */
  readonly session: string | undefined;
  account: string | undefined;
  /** Builds the next request. Pages become the referer of what follows. */
  request(method: string, path: string, answer: Answer): GeneratedEvent;
  /** Lets time pass: a person reads (median seconds, wide spread). */
  think(medianSeconds: number): void;
}

export interface Answer {
  readonly status?: number;
  readonly bytes: number;
  readonly ms: number;
  readonly query?: string;
  readonly outcome?: 'success' | 'failure';
  /** A page whose address the browser sends as referer afterwards, and whose scripts set cookies. */
  readonly page?: boolean;
}

export interface VisitOptions {
  readonly at: number;
  readonly random: Random;
  readonly address: string;
  readonly look: Appearance;
  readonly host: string;
  readonly account?: string | undefined;
  /** Where the visitor came from, if the browser tells. */
  readonly referer?: string | undefined;
  readonly sendsReferer: boolean;
  /** Cookies of earlier visits; 0 for a new browser. */
  readonly cookies: number;
  /** The most cookies that gather over a session: 40 to 50 in browsers, a dozen behind an ad-blocker, few in apps. */
  readonly cookieLimit: number;
  readonly app?: boolean;
  readonly ways?: Ways | null;
}

/** The session of earlier visits to the host if it still lasts, else a new one. */
function sessionOf({ ways, host }: VisitOptions, random: Random): string | undefined {
  const fresh = token(random, 22);
  if (ways === undefined || ways === null) return fresh;
  if (!ways.keepsCookies) return undefined;
  if (ways.sessionKey === null || chance(random, 0.2)) return fresh;
  return token(createRandom(hash32(ways.sessionKey), hash32(host)), 22);
}

export function createVisit(options: VisitOptions): Visit {
  const { random, host } = options;
  const keepsCookies = options.ways?.keepsCookies ?? true;
  const runsScripts = options.app !== true && (options.ways?.runsScripts ?? true);
  let referer = options.sendsReferer ? options.referer : undefined;
  let cookies = keepsCookies ? options.cookies : 0;
  let requests = 0;
  const visit: Visit = {
    now: options.at,
    random,
    session: sessionOf(options, random),
    account: options.account,
    request(method, path, answer) {
      const event = createEvent(
        Math.round(visit.now),
        options.address,
        options.look,
        requests > 0 && (requests & 3) !== 0,
        host,
        method,
        path,
      );
      event.query = answer.query;
      event.referer = referer;
      event.outcome = answer.outcome;
      event.session_id = visit.session;
      event.account_id = visit.account;
      event.cookie_count = cookies;
      const sets = requests === 0 ? 2 + integer(random, 3) : random() < 0.2 ? 1 : 0;
      event.set_cookie_count = sets;
      respond(event, random, answer.status ?? 200, answer.bytes, answer.ms);
      const scripts = answer.page === true && runsScripts ? 3 + integer(random, 7) : 0;
      if (keepsCookies) cookies = Math.min(options.cookieLimit, cookies + sets + scripts);
      if (answer.page === true && options.sendsReferer && options.app !== true)
        referer = `https://${host}${path}`;
      requests++;
      visit.now += 40 + random() * 120;
      return event;
    },
    think(medianSeconds) {
      visit.now += logNormal(random, medianSeconds, 0.75) * 1000;
    },
  };
  return visit;
}
