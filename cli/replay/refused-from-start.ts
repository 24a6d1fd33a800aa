import type { EnrichedRequest } from '../../lib/contracts/generated.ts';
import { formatDuration } from '../../lib/duration.ts';
import { clientKey } from '../../lib/ip.ts';
import { partBit, partOf } from '../../lib/signature/standing.ts';
import { endpointKey } from '../../services/detector/endpoint-traits.ts';
import { count, percent } from '../terminal.ts';

const loginPart = partBit('login');
/** People are refused at one log-in in ten, on a bad day at one in three. */
const oddShare = 0.6;
const leastTries = 100;
const leastClients = 50;
/** Clients of an endpoint are counted up to here, and this many endpoints are looked at. */
const mostClients = 1000;
const mostEndpoints = 200;
/** The start that is looked at: what is only learned from, within these. */
const shortestMs = 60_000;
const longestMs = 600_000;

interface Tries {
  known: number;
  refused: number;
  readonly clients: Set<string>;
}

/** Notices log-ins that were refused from the first minute of a log on: what is usual there was learned from that. */
export interface RefusedFromStart {
  note(event: EnrichedRequest): void;
  /** What is to be told of endpoints that no campaign speaks of (`scopes`: what campaigns are about). */
  told(scopes: readonly string[]): readonly string[];
}

/** `startAt`: when the log begins, epoch ms; null: with the first request. `learnedMs`: how much of it is only learned from. */
export function createRefusedFromStart(startAt: number | null, learnedMs: number): RefusedFromStart {
  const lengthMs = Math.min(longestMs, Math.max(shortestMs, learnedMs));
  const endpoints = new Map<string, Tries>();
  let until = startAt === null ? null : startAt + lengthMs;
  return {
    note(event) {
      const { request } = event;
      until ??= request.timestamp + lengthMs;
      if (request.timestamp >= until || partOf(event.endpoint_function, request.method) !== loginPart) return;
      if (request.outcome === 'unknown') return;
      const name = endpointKey(event.endpoint, request.host);
      let tries = endpoints.get(name);
      if (tries === undefined) {
        if (endpoints.size >= mostEndpoints) return;
        tries = { known: 0, refused: 0, clients: new Set() };
        endpoints.set(name, tries);
      }
      tries.known++;
      if (request.outcome !== 'failure') return;
      tries.refused++;
      if (tries.clients.size < mostClients) tries.clients.add(clientKey(request.client_ip));
    },
    told(scopes) {
      return [...endpoints]
        .filter(
          ([name, { known, refused, clients }]) =>
            known >= leastTries &&
            refused >= oddShare * known &&
            clients.size >= leastClients &&
            !scopes.some((scope) => scope.includes(name)),
        )
        .map(([name, { known, refused, clients }]) => {
          const many = clients.size >= mostClients ? `${count(mostClients)} or more` : count(clients.size);
          return `${percent(refused / known, 0)} of ${count(known)} log-ins at ${name} were refused in the first ${formatDuration(lengthMs)} already, by ${many} addresses. If that was an attack, the log begins in the middle of it, and it was learned as usual: give a log that begins earlier, or --baseline.`;
        });
    },
  };
}
