import { z } from 'zod';
import { goDuration, parseGoDuration } from '../../../services/actuator/edges/go-duration.ts';
import { testClock } from './edge-contract.ts';
import type { StandIn } from './stand-in.ts';
import { startVendorServer, type VendorCall, type VendorReply } from './vendor-server.ts';

/**
 * A CrowdSec local API that can fail on purpose; the real one is in `../crowdsec-lapi.ts`, and an integration test holds
 * the edge against it. Behaviour as observed on CrowdSec 1.4.6: alerts come as an array, a bad duration is a 500, a
 * second push makes a second decision, an empty answer is `null`.
 */

const alert = z.strictObject({
  scenario: z.string(),
  scenario_hash: z.string(),
  scenario_version: z.string(),
  message: z.string(),
  events_count: z.int(),
  start_at: z.iso.datetime(),
  stop_at: z.iso.datetime(),
  capacity: z.int(),
  leakspeed: z.string(),
  simulated: z.boolean(),
  remediation: z.boolean(),
  events: z.array(z.unknown()),
  source: z.strictObject({ scope: z.string(), value: z.string() }),
  decisions: z
    .array(
      z.strictObject({
        origin: z.string(),
        type: z.enum(['ban', 'captcha', 'throttle']),
        scope: z.enum(['Ip', 'Range', 'AS', 'Country', 'Session', 'JA4']),
        value: z.string(),
        duration: z.string(),
        scenario: z.string().max(250),
      }),
    )
    .min(1)
    .max(1000),
});
type Stored = z.output<typeof alert>['decisions'][number] & { readonly id: number; readonly until: number };

export interface CrowdsecStandIn extends StandIn {
  readonly access: { readonly machine_id: string; readonly password: string; readonly api_key: string };
  /** The local API is started again: sessions are forgotten. */
  restart(): void;
  decisions(): readonly Stored[];
}

export async function startCrowdsecStandIn(): Promise<CrowdsecStandIn> {
  const access = { machine_id: 'tidegate', password: 'machine-password', api_key: 'bouncer-key' };
  let isRevoked = false;
  let session = 1;
  let created = 0;
  const decisions = new Map<number, Stored>();
  const violations: string[] = [];
  const said = (status: number, message: string): VendorReply => ({ status, json: { message } });

  const push = (call: VendorCall): VendorReply => {
    const parsed = z.array(alert).min(1).safeParse(call.body);
    if (!parsed.success) {
      violations.push(`${z.prettifyError(parsed.error)} ${call.text.slice(0, 300)}`);
      return said(500, 'validation failure list');
    }
    for (const one of parsed.data.flatMap((sent) => sent.decisions)) {
      const ms = parseGoDuration(one.duration);
      if (ms === null) {
        violations.push(`duration ${one.duration}`);
        return said(500, `unable to parse duration '${one.duration}'`);
      }
      decisions.set(++created, { ...one, id: created, until: testClock() + ms });
    }
    return { status: 201, json: parsed.data.map((_, index) => String(index + 1)) };
  };
  const server = await startVendorServer((call) => {
    const agent = call.headers['user-agent'] ?? '';
    if (!/^[\w-]+\/v?\d/.test(agent)) return said(401, 'incorrect Username or Password');
    if (call.path === '/v1/watchers/login') {
      const { machine_id: id, password } = call.body as { machine_id: string; password: string };
      if (isRevoked || id !== access.machine_id || password !== access.password)
        return { status: 401, json: { code: 401, message: 'incorrect Username or Password' } };
      const expire = new Date(testClock() + 3_600_000).toISOString();
      return { status: 200, json: { code: 200, expire, token: `session-${session}` } };
    }
    if (call.method === 'GET' && call.path === '/v1/decisions') {
      if (isRevoked || call.headers['x-api-key'] !== access.api_key) return said(403, 'access forbidden');
      const found = [...decisions.values()].filter(({ origin }) => origin === call.query.get('origins'));
      return {
        status: 200,
        json:
          found.length === 0
            ? null
            : found.map(({ until, ...one }) => ({ ...one, duration: goDuration(until - testClock()) })),
      };
    }
    if (isRevoked || call.headers.authorization !== `Bearer session-${session}`)
      return { status: 401, json: { code: 401, message: 'token is expired' } };
    if (call.method === 'POST' && call.path === '/v1/alerts') return push(call);
    const id = /^\/v1\/decisions\/(\d+)$/.exec(call.path)?.[1];
    if (call.method === 'DELETE' && id !== undefined) {
      if (!decisions.delete(Number(id)))
        return said(500, `decision with id '${id}' doesn't exist: unable to delete`);
      return { status: 200, json: { nbDeleted: '1' } };
    }
    violations.push(`${call.method} ${call.path}`);
    return said(404, 'page not found');
  });
  const keyOf = ({ scope, value }: Stored): string => {
    if (scope !== 'Ip' && scope !== 'Range')
      return `${scope === 'AS' ? 'asn' : scope.toLowerCase()}|${value}`;
    const length = value.includes('/') ? '' : value.includes(':') ? '/128' : '/32';
    return `${value.includes(':') ? 'ip6' : 'ip4'}|${value}${length}`;
  };
  return {
    server,
    access,
    violations,
    decisions: () => [...decisions.values()],
    restart() {
      session++;
    },
    keys: () => [...new Set([...decisions.values()].map(keyOf))],
    plant(keys) {
      for (const key of keys) {
        const value = key.split('|')[1]!.replace(/\/32$/, '');
        const scope = value.includes('/') ? 'Range' : 'Ip';
        decisions.set(++created, {
          id: created,
          origin: created % 2 === 0 ? 'cscli' : 'tidegate',
          type: 'ban',
          scope,
          value,
          duration: '',
          scenario: 'manual',
          until: 2e12,
        });
      }
    },
    vanish() {},
    revoke() {
      isRevoked = true;
    },
  };
}
