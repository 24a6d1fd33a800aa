import { z } from 'zod';
import { durationField } from '../../../lib/duration-field.ts';
import { type Edge, EdgeError, type Entry, type VendorEdgeDependencies } from '../edge.ts';
import { type EntryName, named } from '../entry-name.ts';
import { composedEdge } from '../vendor/composed-edge.ts';
import { markOf, readMark } from '../vendor/ownership-mark.ts';
import { addressName, inBatches, type VendorEntries, vendorEntries } from '../vendor/vendor-entries.ts';
import { answerAs, type VendorRequest } from '../vendor/vendor-http.ts';
import { crowdsecKinds, crowdsecScope, crowdsecTypes, crowdsecValue, kindOfScope } from './crowdsec-names.ts';
import { commonEdgeFields } from './edge-config.ts';
import { goDuration, parseGoDuration } from './go-duration.ts';

/** Pushes decisions to a CrowdSec local API, whose bouncers then follow them beside CrowdSec's own. */
export const crowdsecLapiConfig = z.strictObject({
  kind: z.literal('crowdsec-lapi'),
  ...commonEdgeFields,
  url: z.url().describe('The local API, such as http://127.0.0.1:8080'),
  machine_id: z.string().min(1).describe('Machine that may push: cscli machines add'),
  password: z.string().min(1),
  api_key: z.string().min(1).describe('Key of a bouncer, to read with: cscli bouncers add'),
  origin: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .default('tidegate')
    .describe('Origin of our decisions, as bouncers and metrics show it'),
  capacity: z.int().positive().default(50_000).describe('Most decisions'),
  timeout: durationField('30s').describe('Longest time one request may take'),
});
export type CrowdsecLapiConfig = z.output<typeof crowdsecLapiConfig>;

const actions = { ban: 'block', captcha: 'challenge', throttle: 'rate_limit' } as const;
const isKnownType = (type: string): type is keyof typeof actions => type in actions;

const decision = z.object({
  id: z.number(),
  origin: z.string(),
  scope: z.string(),
  value: z.string(),
  type: z.string(),
  duration: z.string(),
  scenario: z.string(),
});
type Decision = z.output<typeof decision>;

/** CrowdSec's decisions outlive ours by this much; they are a net for the case that nobody is left to remove them. */
const marginMs = 600_000;
const batchSize = 1000;
/** A session with the API is renewed this long before it ends. */
const loginMarginMs = 60_000;

/**
 * Ours are the decisions of our origin whose scenario bears our mark; they are deleted by id, because by address
 * CrowdSec would delete everybody's. The same decision pushed twice would be there twice, so it is looked up first.
 */
export function createCrowdsecLapiEdge(
  config: CrowdsecLapiConfig,
  { name, vendorHttp, now }: VendorEdgeDependencies,
): Edge {
  let token = '';
  let tokenEndsAt = 0;
  let seen: VendorEntries = vendorEntries([]);
  const common = {
    edge: name,
    vendor: 'crowdsec',
    secrets: [config.machine_id, config.password, config.api_key],
    baseUrl: config.url,
    limits: { requests: { capacity: 6000, refillMs: 60_000 } },
    timeoutMs: config.timeout,
    // Most refusals are a 500 here; only the message tells.
    explain: (status: number, json: unknown) => {
      const message = z.object({ message: z.string() }).safeParse(json).data?.message;
      if (message === undefined) return null;
      return status === 500 && /invalid|validation|unable to parse|doesn't exist/.test(message)
        ? ({ fault: 'invalid', message } as const)
        : { message };
    },
  } as const;
  const anonymous = vendorHttp.client({ ...common, authorize: () => ({}) });
  const login = async (signal: AbortSignal): Promise<string> => {
    if (now() < tokenEndsAt - loginMarginMs) return token;
    const body = { machine_id: config.machine_id, password: config.password, scenarios: [] };
    const answer = await anonymous.request({ method: 'POST', path: '/v1/watchers/login', body }, signal);
    const given = answerAs(z.object({ token: z.string(), expire: z.string() }), answer, 'login');
    token = given.token;
    tokenEndsAt = Date.parse(given.expire) || 0;
    return token;
  };
  const client = vendorHttp.client({
    ...common,
    authorize: async ({ method }, signal): Promise<{ readonly [name: string]: string }> =>
      method === 'GET' ? { 'x-api-key': config.api_key } : { authorization: `Bearer ${await login(signal)}` },
  });
  /** A local API that was started again knows no sessions from before: log in once more. */
  const write = async (request: VendorRequest, signal: AbortSignal): Promise<void> => {
    const hadToken = now() < tokenEndsAt - loginMarginMs;
    try {
      await client.request(request, signal);
    } catch (error) {
      if (!(error instanceof EdgeError && error.fault === 'credential' && hadToken)) throw error;
      tokenEndsAt = 0;
      await client.request(request, signal);
    }
  };
  const decisionOf = (entry: Entry) => ({
    origin: config.origin,
    type: crowdsecTypes[entry.action] ?? 'ban',
    scope: crowdsecScope(entry),
    value: crowdsecValue(entry),
    duration: goDuration(Math.max(1000, entry.expiresAt - now() + marginMs)),
    scenario: `${markOf(name, entry.decisionId)} ${entry.reason}`.slice(0, 250),
  });
  const push = async (entries: readonly Entry[], signal: AbortSignal): Promise<void> => {
    for (const batch of inBatches(entries, batchSize)) {
      const at = new Date(now()).toISOString();
      const alert = {
        scenario: `tidegate/${name}`,
        scenario_hash: '',
        scenario_version: '',
        message: `${batch.length} decisions of Tidegate`,
        events_count: 0,
        start_at: at,
        stop_at: at,
        capacity: 0,
        leakspeed: '0s',
        simulated: false,
        remediation: true,
        events: [],
        source: { scope: 'tidegate', value: name },
        decisions: batch.map(decisionOf),
      };
      await write({ method: 'POST', path: '/v1/alerts', body: [alert] }, signal);
    }
  };
  const drop = async (keys: readonly { readonly key: string }[], signal: AbortSignal): Promise<void> => {
    for (const { key } of keys)
      for (const id of seen.idsOf(key))
        await write({ method: 'DELETE', path: `/v1/decisions/${id}` }, signal).catch((error: unknown) => {
          const isGone = error instanceof EdgeError && /doesn't exist|not found/.test(error.message);
          if (!isGone) throw error;
        });
  };

  return composedEdge(
    {
      kind: 'crowdsec-lapi',
      actions: ['block', 'challenge', 'rate_limit'],
      replaceOnly: false,
      longestV6Prefix: 128,
      ruleLanguage: 'none',
      nativeTtl: true,
      lock: 'none',
      scope: 'account',
      coalesceMs: 1000,
      applyWithinMs: 300_000,
    },
    [
      {
        pool: { name: 'decisions', holds: crowdsecKinds, capacity: config.capacity },
        async observe(signal, wanted) {
          const query = { origins: config.origin };
          const answer = await client.request({ method: 'GET', path: '/v1/decisions', query }, signal);
          const ends = new Map(wanted.map((entry) => [entry.key, entry.expiresAt]));
          const ours = (answerAs(z.array(decision).nullable(), answer, 'decisions') ?? []).filter(
            ({ origin, scenario }) =>
              origin === config.origin && readMark(name, scenario.split(' ', 1)[0]) !== null,
          );
          seen = vendorEntries(
            ours.flatMap((found) => {
              const entryName = nameOf(found);
              if (entryName === null) return [];
              const left = parseGoDuration(found.duration);
              const endsAt = left === null ? null : now() + left;
              const end = ends.get(entryName.key);
              const lastsLongEnough = end !== undefined && endsAt !== null && endsAt >= end;
              return [
                {
                  id: String(found.id),
                  observed: {
                    ...entryName,
                    owner: 'ours',
                    decisionId: null,
                    action: isKnownType(found.type) ? actions[found.type] : null,
                    expiresAt: lastsLongEnough ? end : endsAt,
                  },
                },
              ];
            }),
          );
          return { entries: seen.entries, damaged: null };
        },
        async apply({ add, update, remove }, signal) {
          await drop(remove, signal);
          // A longer decision first, then the shorter one goes: bouncers keep the longest, nobody is let through.
          await push([...update, ...add], signal);
          await drop(update, signal);
        },
      },
    ],
  );
}

function nameOf({ scope, value }: Decision): EntryName | null {
  if (scope === 'Ip' || scope === 'Range') return addressName(value);
  const kind = kindOfScope(scope);
  return kind === undefined ? null : named(kind, value);
}
