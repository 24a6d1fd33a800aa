import type { Outcome } from '../../lib/contracts/generated.ts';
import { endpointPattern } from '../../lib/path/endpoint-function.ts';
import { askedOf } from '../../lib/path/operations.ts';
import type { Endpoint } from '../../lib/path/template.ts';
import type { EnricherConfig } from './config.ts';

type Judge = (status: number) => Outcome;

const unknown: Judge = () => 'unknown';
const reading = /^(?:GET|HEAD|OPTIONS) /;

/**
 * At log-in endpoints a status tells the outcome: 401 and 403 are failures, 2xx and 3xx successes, except that showing
 * the form (GET) succeeds at nothing. RFC 6749 answers a failed password grant with 400, so at token endpoints 400 is a
 * failure too. An endpoint that serves several operations answers 200 to a refused log-in as well. Everything else (429,
 * 5xx, other 4xx) stays unknown: it says nothing about the credentials. Of an unknown outcome the detector still counts
 * 401, 403, 400 and 422 as refused (services/detector/state/observation.ts).
 */
function loginJudge({ name, operation }: Endpoint): Judge {
  const silent = reading.test(name) || operation !== null;
  const token = /\btokens?$/.test(name);
  return (status) => {
    if (status === 401 || status === 403 || (token && status === 400)) return 'failure';
    return status >= 200 && status < 400 && !silent ? 'success' : 'unknown';
  };
}

function statusTest(entries: readonly (number | string)[]): (status: number) => boolean {
  const exact = new Set(entries.filter((entry) => typeof entry === 'number'));
  const classes = new Set(entries.flatMap((entry) => (typeof entry === 'string' ? [Number(entry[0])] : [])));
  return (status) => exact.has(status) || classes.has(Math.floor(status / 100));
}

/**
 * What a status means at an endpoint, for events that do not state their outcome. A configured rule replaces the rule
 * above wholly (to take a 401 for no failure, it has to list it as a success); an exact code counts before a class (`success: [2xx], failure: [204]`).
 */
export function createOutcomeRules(
  rules: EnricherConfig['outcomes'],
): (endpoint: Endpoint, status: number | null) => Outcome {
  const compiled = rules.map((rule) => {
    const exactly = (list: readonly (number | string)[]) =>
      statusTest(list.filter((entry) => typeof entry === 'number'));
    const judges = [
      [exactly(rule.success), 'success'],
      [exactly(rule.failure), 'failure'],
      [statusTest(rule.success), 'success'],
      [statusTest(rule.failure), 'failure'],
    ] as const;
    const judge: Judge = (status) => judges.find(([test]) => test(status))?.[1] ?? 'unknown';
    return { test: endpointPattern(rule.endpoint), judge };
  });
  const known = new WeakMap<Endpoint, Judge>();
  return (endpoint, status) => {
    if (status === null) return 'unknown';
    let judge = known.get(endpoint);
    if (judge === undefined) {
      judge =
        compiled.find(({ test }) => test(askedOf(endpoint)) || test(endpoint.name))?.judge ??
        (endpoint.function === 'login' ? loginJudge(endpoint) : unknown);
      known.set(endpoint, judge);
    }
    return judge(status);
  };
}
