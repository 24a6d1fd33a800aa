import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { partBit } from '../../../lib/signature/standing.ts';
import { flag } from '../layout.ts';
import { type ActorTable, accountMark } from './actor-table.ts';
import { known, type RequestFacts } from './request-facts.ts';

/** A browser this old is not merely somebody who never updates. */
const ancientDays = 720;
/** Cookies that a client has gathered at most when it gathers none: a session, and consent to the rest. */
const fewCookies = 2;
const loginBit = partBit('login');
const paymentBit = partBit('payment');
const cartBit = partBit('cart');
const inventoryBit = partBit('inventory');
const hostileClasses: ReadonlySet<string> = new Set(['hosting', 'vpn', 'tor', 'proxy']);

/** True when the response was given by an edge in our place: it says nothing about the client's success. */
function stoppedAtEdge(event: EnrichedRequest): boolean {
  const action = event.request.edge_action;
  return action === 'block' || action === 'challenge' || action === 'rate_limit';
}

/**
 * A partner's or key holder's server reads no pages and lives in a data centre: neither says anything about it. At a
 * login it speaks for others, so there it is judged as they are.
 */
function isKnownCaller(event: EnrichedRequest, { present }: RequestFacts, part: number): boolean {
  return (
    (present & (known.partner | known.apiKey)) !== 0 &&
    part !== loginBit &&
    // an app's key is in everybody's hands
    ((present & known.partner) !== 0 || event.client_class === 'server')
  );
}

/**
 * A partner's server, or a page of his that calls from people's browsers: what came before it was seen by him alone. His app
 * calls from people's phones, where everybody can read its key, and what they do in it is seen.
 */
function isBehindPartner(
  { client_class: software, request }: EnrichedRequest,
  { present }: RequestFacts,
): boolean {
  if ((present & known.partner) === 0) return false;
  // a page that an app shows is a page
  return software !== 'app' || request.user_agent?.startsWith('Mozilla/') === true;
}

/** Whether it asked for something that is not there. */
export function isMissing({ request: { method, status, response_bytes: bytes } }: EnrichedRequest): boolean {
  return (
    status === 404 ||
    status === 410 ||
    (method === 'GET' && (status === 204 || (status === 200 && bytes !== null && bytes <= 2)))
  );
}

/**
 * The flags that one request shows by itself, without memory. `part`: bit of its endpoint's function.
 *
 * `failing`: the outcome is a failure, or is unknown and the status says no (400, 401, 402, 403, 422), at any endpoint.
 * Never 429, 5xx and what the edge stopped, whatever the outcome; 404, 410 and empty answers are `missing` instead.
 */
export function responseFlags(event: EnrichedRequest, facts: RequestFacts, part: number): number {
  if (event.bot === 'verified') return flag.verified;
  const { request } = event;
  let flags = 0;
  const status = request.status;
  const isUnbelieved = status === 401 || status === 403;
  const isDeclined = status === 402;
  if (!stoppedAtEdge(event)) {
    if (isMissing(event)) flags |= flag.missing;
    else if (status === null || (status < 500 && status !== 429)) {
      if (
        request.outcome === 'failure' ||
        (request.outcome === 'unknown' && (isUnbelieved || isDeclined || status === 400 || status === 422))
      )
        flags |=
          flag.failing | (isUnbelieved || status === null ? flag.denied : isDeclined ? flag.declined : 0);
      else if (request.outcome === 'success' || (status !== null && status < 400))
        flags |=
          part === loginBit && status !== null && status >= 200 && status < 300
            ? flag.succeeding | flag.paged
            : flag.succeeding;
    }
  }
  if ((facts.present & known.account) !== 0 && part !== loginBit && !isUnbelieved) flags |= flag.signedIn;
  if (
    (hostileClasses.has(facts.networkClass) || (event.proxy_kind !== null && event.proxy_kind !== 'relay')) &&
    !isKnownCaller(event, facts, part)
  )
    flags |= flag.hostile;
  if (event.browser_plausible === false) flags |= flag.implausible | flag.unreal;
  else if (event.browser_age_days !== null && event.browser_age_days > ancientDays) flags |= flag.implausible;
  return flags;
}

const clientActorLo = (facts: RequestFacts): number =>
  facts.clientLo ^ Math.imul(facts.softwareLo, 0x9e3779b1);
const clientActorHi = (facts: RequestFacts): number => facts.clientHi ^ facts.softwareHi;
const sessionActorLo = (facts: RequestFacts): number =>
  facts.sessionLo ^ Math.imul(facts.networkLo, 0x85ebca6b);
const sessionActorHi = (facts: RequestFacts): number => facts.sessionHi ^ facts.networkHi;

/** Looks at the actors that `observe` will open: state/look-ahead.ts. */
export function touchActors(actors: ActorTable, facts: RequestFacts): number {
  const client = actors.touch(clientActorLo(facts), clientActorHi(facts));
  if (facts.sessionLo === 0 && facts.sessionHi === 0) return client;
  return client ^ actors.touch(sessionActorLo(facts), sessionActorHi(facts));
}

/** After `touchActors`: looks at what stands there. */
export function touchActorEntries(actors: ActorTable, facts: RequestFacts): number {
  const client = actors.touchEntry(clientActorLo(facts), clientActorHi(facts));
  if (facts.sessionLo === 0 && facts.sessionHi === 0) return client;
  return client ^ actors.touchEntry(sessionActorLo(facts), sessionActorHi(facts));
}

/**
 * Judges one request by what its actors did before, then remembers it. There are two actors: the session on its
 * network, and the address with its software (the first page of a visit has no session yet). Either may vouch.
 *
 * `facts` are those of the request, `part` is the bit of its endpoint's function, `second` is its time. `learn` false: it earns nothing (no page, or its endpoint is under
 * attack).
 */
export function observe(
  actors: ActorTable,
  event: EnrichedRequest,
  facts: RequestFacts,
  part: number,
  second: number,
  learn: boolean,
): number {
  let flags = responseFlags(event, facts, part);
  facts.entry = -1;
  if ((flags & flag.verified) !== 0) return flags;
  const bit = part;
  const { endpoint } = facts;
  const succeeded = (flags & flag.succeeding) !== 0;
  const failed = (flags & flag.failing) !== 0;
  const answer = failed ? 'no' : (flags & flag.paged) !== 0 ? 'page' : 'yes';
  // a missing thing is no page that was read
  const seen = (flags & flag.missing) === 0 && !stoppedAtEdge(event);
  const remembers = learn && seen;
  // under attack too: that people get in at last is what tells them
  const tried =
    bit === loginBit && seen && (failed || succeeded) ? accountMark(facts.accountLo, facts.accountHi) : 0;
  let recovering = false;
  let serial = false;

  actors.open(clientActorLo(facts), clientActorHi(facts), second);
  // who takes a key out of an app, or a partner's name, comes from everywhere with it, a server from where it is
  const isCaller = isKnownCaller(event, facts, part) && (isBehindPartner(event, facts) || actors.lasting());
  const looksUp = bit === inventoryBit && !isCaller;
  if (actors.fresh) flags |= flag.newClient;
  let journey = actors.journey(bit, endpoint);
  let good = actors.good();
  if (remembers && !failed) facts.entry = actors.entry(bit, endpoint);
  if (remembers) actors.note(bit, endpoint, succeeded, failed);
  if (tried > 0) recovering = actors.tries(tried, answer);
  if (looksUp) serial = actors.looksUp(facts.target);
  const { cookie_count: carried, set_cookie_count: set } = event.request;
  const counted = carried !== null || set !== null;
  let gathered = counted ? actors.gathered() : null;
  if (counted) actors.countCookies(carried, set ?? 0);

  const { sessionLo, sessionHi } = facts;
  if (sessionLo !== 0 || sessionHi !== 0) {
    actors.open(sessionActorLo(facts), sessionActorHi(facts), second);
    if (actors.fresh) flags |= flag.newSession;
    if (counted) {
      gathered = actors.gathered() ?? gathered;
      actors.countCookies(carried, set ?? 0);
    }
    journey |= actors.journey(bit, endpoint);
    good ||= actors.good();
    // a carrier's gateway may send the requests of one visit from several addresses
    if (remembers && !failed && facts.entry < 0) facts.entry = actors.entry(bit, endpoint);
    if (remembers) actors.note(bit, endpoint, succeeded, failed);
    if (tried > 0 && actors.tries(tried, answer)) recovering = true;
    if (looksUp) {
      const ofSession = actors.looksUp(facts.target);
      // an address may be many people's, each with a session; one for every request says nothing
      if (!actors.fresh) serial = ofSession;
    }
  }
  if (recovering) flags |= flag.recovering;
  if (serial) flags |= flag.serial;
  flags |= journey * flag.parts;
  if (!isCaller) {
    if (journey === 0) flags |= flag.direct;
    if (bit === paymentBit && (journey & cartBit) === 0) flags |= flag.skipped;
  }
  if (gathered !== null)
    flags |= gathered <= fewCookies ? flag.cookiesKnown | flag.fewCookies : flag.cookiesKnown;
  if (good) flags |= flag.good;
  return flags;
}
