import type { EnrichedRequest } from '../../lib/contracts/generated.ts';
import { formatDuration } from '../../lib/duration.ts';
import { clientKey } from '../../lib/ip.ts';
import { partBit, partOf } from '../../lib/signature/standing.ts';
import { endpointKey } from '../../services/detector/endpoint-traits.ts';
import { isMissing } from '../../services/detector/state/observation.ts';
import { count, percent } from '../terminal.ts';

/** What an attack shows by the answers alone, where it goes to endpoints of one function. */
interface Oddity {
  /** Bit of the function. */
  readonly part: number;
  readonly isKnown: (event: EnrichedRequest) => boolean;
  readonly isOdd: (event: EnrichedRequest) => boolean;
  /** Where people are, this share of what is sent there is never odd. */
  readonly share: number;
  readonly requests: string;
  readonly were: string;
}

const oddities: readonly Oddity[] = [
  {
    part: partBit('login'),
    isKnown: ({ request }) => request.outcome !== 'unknown',
    isOdd: ({ request }) => request.outcome === 'failure',
    // people are refused at one log-in in ten, on a bad day at one in three
    share: 0.6,
    requests: 'log-ins',
    were: 'were refused',
  },
  {
    part: partBit('inventory'),
    isKnown: ({ request }) => request.status !== null,
    isOdd: isMissing,
    // people ask for what a page shows them, and one time in ten it is gone
    share: 0.3,
    requests: 'look-ups',
    were: 'were for what does not exist',
  },
];

const leastRequests = 100;
const leastClients = 50;
/** Clients of an endpoint are counted up to here, and this many endpoints are looked at. */
const mostClients = 1000;
const mostEndpoints = 200;
/** The start that is looked at: what is only learned from, within these. */
const shortestMs = 60_000;
const longestMs = 600_000;

interface Seen {
  readonly oddity: Oddity;
  known: number;
  odd: number;
  /** Of the odd ones. */
  readonly clients: Set<string>;
}

/** Notices endpoints that are used oddly from the first minute of a log on: what is usual there was learned from that. */
export interface OddFromStart {
  note(event: EnrichedRequest): void;
  /** What is to be told of endpoints at which nothing was stopped (`scopes`: what the campaigns that stopped are about). */
  told(scopes: readonly string[]): readonly string[];
}

/** `startAt`: when the log begins, epoch ms; null: with the first request. `learnedMs`: how much of it is only learned from. */
export function createOddFromStart(startAt: number | null, learnedMs: number): OddFromStart {
  const lengthMs = Math.min(longestMs, Math.max(shortestMs, learnedMs));
  const endpoints = new Map<string, Seen>();
  let until = startAt === null ? null : startAt + lengthMs;
  return {
    note(event) {
      const { request } = event;
      until ??= request.timestamp + lengthMs;
      if (request.timestamp >= until) return;
      const part = partOf(event.endpoint_function, request.method);
      const oddity = oddities.find((one) => one.part === part);
      if (oddity === undefined || !oddity.isKnown(event)) return;
      const name = endpointKey(event.endpoint, request.host);
      let seen = endpoints.get(name);
      if (seen === undefined) {
        if (endpoints.size >= mostEndpoints) return;
        seen = { oddity, known: 0, odd: 0, clients: new Set() };
        endpoints.set(name, seen);
      }
      seen.known++;
      if (!oddity.isOdd(event)) return;
      seen.odd++;
      if (seen.clients.size < mostClients) seen.clients.add(clientKey(request.client_ip));
    },
    told(scopes) {
      return [...endpoints]
        .filter(
          ([name, { oddity, known, odd, clients }]) =>
            known >= leastRequests &&
            odd >= oddity.share * known &&
            clients.size >= leastClients &&
            !scopes.some((scope) => scope.includes(name)),
        )
        .map(([name, { oddity, known, odd, clients }]) => {
          const many = clients.size >= mostClients ? `${count(mostClients)} or more` : count(clients.size);
          return `${percent(odd / known, 0)} of ${count(known)} ${oddity.requests} at ${name} ${oddity.were} in the first ${formatDuration(lengthMs)} already, by ${many} addresses. If that was an attack, the log begins in the middle of it, and it was learned as usual: give a log that begins earlier, or --baseline.`;
        });
    },
  };
}
