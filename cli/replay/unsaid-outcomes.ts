import type { EnrichedRequest } from '../../lib/contracts/generated.ts';
import { partBit, partOf } from '../../lib/signature/standing.ts';
import { endpointKey } from '../../services/detector/endpoint-traits.ts';
import { count, percent } from '../terminal.ts';

const loginBit = partBit('login');
const mostEndpoints = 200;
/** Log-ins that tell how an endpoint answers. */
const leastAnswers = 100;
/** Of these: redirects of who got in at least, and pages at least and at most; refusals (401, 403) at most. */
const form = { redirects: 0.3, leastPages: 0.05, refusals: 0.01 } as const;

interface Answers {
  all: number;
  redirects: number;
  pages: number;
  refusals: number;
}

/**
 * Notices log-ins that redirect who gets in and refuse nobody, as forms do that are shown again: their failures look like
 * successes, and stuffing there is not seen by them.
 */
export interface UnsaidOutcomes {
  note(event: EnrichedRequest): void;
  told(): readonly string[];
}

export function createUnsaidOutcomes(): UnsaidOutcomes {
  const endpoints = new Map<string, Answers>();
  return {
    note(event) {
      const { request, endpoint } = event;
      const { status } = request;
      if (status === null || partOf(event.endpoint_function, request.method) !== loginBit) return;
      const name = endpointKey(endpoint, request.host);
      let seen = endpoints.get(name);
      if (seen === undefined) {
        if (endpoints.size >= mostEndpoints) return;
        seen = { all: 0, redirects: 0, pages: 0, refusals: 0 };
        endpoints.set(name, seen);
      }
      seen.all++;
      if (status === 401 || status === 403) seen.refusals++;
      else if (status >= 300 && status < 400) seen.redirects++;
      // a rule, or the log itself, may say already what a page means
      else if (status === 200 && request.outcome === 'success') seen.pages++;
    },
    told() {
      return [...endpoints]
        .filter(
          ([, { all, redirects, pages, refusals }]) =>
            all >= leastAnswers &&
            redirects >= form.redirects * all &&
            pages >= form.leastPages * all &&
            refusals <= form.refusals * all,
        )
        .map(([name, { all, redirects, pages }]) => {
          const path = name.slice(name.indexOf('/'));
          const method = name.slice(0, name.indexOf(' '));
          return `${name} redirects ${percent(redirects / all, 0)} of ${count(all)} log-ins, shows ${percent(pages / all, 0)} a page, and refuses nobody. If the page is the form again, campaigns learn so, but the archive and what is said of single addresses and accounts count failed log-ins as successes: set enricher.outcomes to [{ endpoint: ${method} ${path}, success: [302], failure: [200] }].`;
        });
    },
  };
}
