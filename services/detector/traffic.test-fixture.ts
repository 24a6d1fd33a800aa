import type { EnrichedRequest, Param, Tick } from '../../lib/contracts/generated.ts';
import { createLaneHasher, lanesBytes } from '../../lib/hash/lanes.ts';
import { sipHash64, sipKey } from '../../lib/hash/siphash.ts';
import { networkKey, parseIp } from '../../lib/ip.ts';
import type { Outgoing } from '../../lib/log/log.ts';
import { partitionOf } from '../../lib/log/partitioner.ts';

/** A request in a few words; everything not said is unknown. */
export interface Sketch {
  readonly at: number;
  readonly ip: string;
  /** `METHOD path`, or `METHOD path#Operation` */
  readonly endpoint: string;
  readonly fn?: string;
  readonly status?: number;
  readonly session?: string;
  readonly account?: string;
  readonly partner?: string;
  readonly key?: string | undefined;
  readonly agent?: string;
  readonly ja4?: string;
  readonly country?: string;
  readonly asn?: number;
  readonly language?: string | null;
  readonly browserVersion?: number;
  readonly plausible?: boolean;
  readonly ageDays?: number;
  readonly network?: string;
  readonly params?: { readonly [name: string]: string };
  readonly label?: string;
  readonly host?: string;
  readonly documented?: boolean;
  readonly client?: string;
  /** Of whom a partner calls for. */
  readonly endUserCountry?: string;
}

export const key = sipKey(Buffer.alloc(32, 7));
const hasher = createLaneHasher(key);

export function enriched(sketch: Sketch, index: number): EnrichedRequest {
  const ip = parseIp(sketch.ip)!;
  const hashes = Buffer.alloc(lanesBytes);
  const site = 'default';
  hasher.client(site, ip, hashes);
  hasher.network(site, ip, hashes);
  hasher.text('endpoint', site, sketch.endpoint, hashes);
  if (sketch.session !== undefined) hasher.text('session', site, sketch.session, hashes);
  if (sketch.account !== undefined) hasher.text('account', site, sketch.account, hashes);
  if (sketch.agent !== undefined) {
    hasher.text('fingerprint', site, `${sketch.ja4}${sketch.agent}`, hashes);
    hasher.text('software', site, sketch.agent, hashes);
  }
  const params: Param[] = Object.entries(sketch.params ?? {}).map(([name, value]) => ({
    name,
    hash: sipHash64(key, `${name}=${value}`),
    value: null,
  }));
  const [method, target] = sketch.endpoint.split(' ') as [string, string];
  const [path, operation = null] = target.split('#') as [string, string?];
  const status = sketch.status ?? 200;
  return {
    request: {
      event_id: `evt_${index.toString(36).padStart(12, '0')}`,
      site,
      source_id: 'test',
      received_at: sketch.at,
      timestamp: sketch.at,
      client_ip: ip,
      method,
      host: sketch.host ?? 'shop.example',
      path,
      params,
      status,
      outcome: status < 400 ? 'success' : status < 500 ? 'failure' : 'unknown',
      request_bytes: null,
      response_bytes: 900,
      duration_ms: 20,
      user_agent: sketch.agent ?? null,
      referer: null,
      accept_language: sketch.language === undefined ? 'de-DE' : sketch.language,
      http_version: '2',
      tls_version: '1.3',
      ja3: null,
      ja4: sketch.ja4 ?? null,
      session_id: sketch.session ?? null,
      account_id: sketch.account ?? null,
      partner_id: sketch.partner ?? null,
      api_key_id: sketch.key ?? null,
      end_user_ip: null,
      operation,
      cookie_count: null,
      set_cookie_count: null,
      headers: {},
      edge_action: null,
      request_id: null,
      sample_rate: null,
      extra: {},
    },
    hashes,
    source_offset: index,
    endpoint: `${method} ${path}`,
    endpoint_function: sketch.fn ?? 'other',
    operation,
    documented: sketch.documented ?? null,
    path_params: [],
    country: sketch.country ?? null,
    asn: sketch.asn ?? null,
    as_org: null,
    network_class: sketch.network ?? 'isp',
    proxy_kind: null,
    proxy_operator: null,
    proxy_confidence: null,
    client_class: sketch.client ?? 'browser',
    browser: sketch.agent === undefined ? null : 'Chrome',
    browser_version: sketch.browserVersion ?? null,
    browser_age_days: sketch.ageDays ?? null,
    browser_plausible: sketch.plausible ?? null,
    platform: null,
    bot: 'none',
    bot_name: null,
    data_snapshot: 'test',
    end_user_country: sketch.endUserCountry ?? null,
    end_user_asn: null,
  };
}

const tick = (at: number, closing: boolean): Tick => ({
  site: 'default',
  collector_id: 'c1',
  source_class: 'live',
  time: at,
  watermark_at: at - 1000,
  closing,
});

/** The records of requests.enriched for a stream in order of time, with a tick a second on every partition. */
export function records(sketches: readonly Sketch[], partitions: number): Outgoing[] {
  const out: Outgoing[] = [];
  const all = (value: Tick): void => {
    for (let partition = 0; partition < partitions; partition++)
      out.push({ topic: 'requests.enriched', key: null, partition, type: 'Tick', value });
  };
  let second = Math.floor(sketches[0]!.at / 1000) * 1000;
  sketches.forEach((sketch, index) => {
    while (sketch.at >= second + 1000) {
      second += 1000;
      all(tick(second, false));
    }
    const value = enriched(sketch, index);
    const partition = partitionOf(networkKey(value.request.site, value.request.client_ip), partitions);
    out.push({ topic: 'requests.enriched', key: null, partition, type: 'EnrichedRequest', value });
  });
  all(tick(second + 2000, true));
  return out;
}

/** A small generator of pseudo-random numbers with its own state. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

const agents = ['Chrome/157', 'Chrome/156', 'Chrome/150', 'Firefox/160', 'Safari/26', 'Edge/157'];
const prints = [
  't13d1516h2_a',
  't13d1516h2_b',
  't13d1715h2_c',
  't13d2014h2_d',
  't13d1516h2_e',
  't13d1516h2_a',
];
/** One of the browsers that people use: what a request says of it. */
export function browser(next: () => number) {
  const which = Math.floor(next() * agents.length);
  return { agent: agents[which]!, ja4: prints[which]!, browserVersion: 150 + which, plausible: true };
}
/** Country and operator of a line at home. */
export const homes: readonly (readonly [string, number])[] = [
  ['DE', 3320],
  ['DE', 6805],
  ['AT', 8447],
  ['NL', 1136],
  ['FR', 3215],
];

/** Somebody at home who was never seen before. */
export function newcomer(next: () => number) {
  const below = (limit: number): number => Math.floor(next() * limit);
  const software = browser(next);
  return {
    ip: `${below(2) === 0 ? 84 : 91}.${below(250)}.${below(250)}.${below(250)}`,
    session: `n${below(1e9)}`,
    ...software,
    country: 'DE',
    asn: 3320,
    language: 'de-DE',
  };
}

/** One of the two servers of a partner. */
export function partnerServer(next: () => number) {
  return {
    ip: `198.51.100.${next() < 0.5 ? 7 : 8}`,
    partner: 'acme',
    agent: 'acme-connect/3',
    ja4: 't13d_acme',
    language: null,
    country: 'DE',
    asn: 3320,
    network: 'hosting',
  };
}

export interface CrowdOptions {
  readonly seed: number;
  readonly from: number;
  readonly until: number;
  /** Visits per second at a time. */
  visits(at: number): number;
  /** Chance that a visitor starts with a deep link to a product. */
  readonly deepLink?: number;
  /** Countries other than home. */
  readonly foreign?: number;
  readonly mistyped?: number;
}

/** People who browse, look up stock, log in, buy; some deep-link, mistype, or come straight to the login. */
export function* crowd(options: CrowdOptions): Generator<Sketch> {
  const next = random(options.seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!;
  for (let second = options.from; second < options.until; second += 1000) {
    let due = options.visits(second);
    for (; due > 0; due--) {
      if (next() >= due) continue;
      const at = second + Math.floor(next() * 1000);
      const software = browser(next);
      const [country, asn] =
        next() < (options.foreign ?? 0.04)
          ? ([pick(['US', 'BR', 'JP', 'IN', 'ZA']), 60000 + Math.floor(next() * 40)] as const)
          : pick(homes);
      const base = {
        ip: `${next() < 0.5 ? 91 : 84}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}`,
        session: `s${Math.floor(next() * 1e9)}`,
        ...software,
        country,
        asn,
        language: next() < 0.97 ? 'de-DE' : null,
        ageDays: next() < 0.02 ? 900 : 30,
        label: 'honest',
      };
      let now = at;
      const go = (endpoint: string, fn: string, more: Partial<Sketch> = {}): Sketch => {
        const sketch = { ...base, at: now, endpoint, fn, ...more };
        now += 800 + Math.floor(next() * 9000);
        return sketch;
      };
      const product = Math.floor(next() ** 2 * 400);
      if (next() >= (options.deepLink ?? 0.25)) yield go('GET /', 'content');
      yield go('GET /p/{number}', 'content');
      if (next() < 0.6)
        yield go('GET /api/stock', 'inventory', {
          params: { sku: String(product), zip: String(Math.floor(next() * 60)) },
          status: next() < 0.05 ? 404 : 200,
        });
      if (next() < 0.35) {
        const direct = next() < 0.3;
        const account = `a${Math.floor(next() * 20000)}`;
        const session = direct ? `d${Math.floor(next() * 1e9)}` : base.session;
        const more = { account, session };
        while (next() < (options.mistyped ?? 0.1)) yield go('POST /login', 'login', { ...more, status: 401 });
        yield go('POST /login', 'login', more);
      }
      if (next() < 0.35) {
        yield go('POST /api/cart', 'cart');
        if (next() < 0.8) yield go('POST /api/v2/payments', 'payment');
      }
    }
  }
}

export interface StuffingOptions {
  readonly next: () => number;
  readonly from: number;
  readonly until: number;
  /** Default: of a quarter of a million, so that hardly any comes twice. */
  readonly ip?: (next: () => number) => string;
  readonly account?: (index: number) => string;
}

/** One bot that fails to log in every 25 ms, from many addresses. */
export function stuffing({ next, from, until, ip, account }: StuffingOptions): Sketch[] {
  const below = (limit: number): number => Math.floor(next() * limit);
  const attack: Sketch[] = [];
  for (let at = from; at < until; at += 25)
    attack.push({
      at,
      ip: ip?.(next) ?? `45.${below(250)}.${below(250)}.${below(4)}`,
      endpoint: 'POST /login',
      fn: 'login',
      status: 401,
      session: `x${next()}`,
      agent: 'Chrome/120',
      ja4: 't13d0000_bot',
      country: 'ID',
      asn: 70000,
      label: 'attack',
      ...(account === undefined ? {} : { account: account(attack.length) }),
    });
  return attack;
}

/** Five people a second who were told to log in anew, and mistype once to three times. */
export function afterReset(options: Pick<StuffingOptions, 'next' | 'from' | 'until'>): Sketch[] {
  const { next, from, until } = options;
  const visits: Sketch[] = [];
  for (let at = from; at < until; at += 200) {
    const who = Math.floor(next() * 1e6);
    const visitor = {
      ip: `91.${Math.floor(next() * 60)}.${Math.floor(next() * 250)}.${1 + Math.floor(next() * 250)}`,
      session: `reset${who}`,
      agent: `Chrome/14${Math.floor(next() * 3)}`,
      ja4: 't13d1516h2_home',
      country: 'DE',
      asn: 3320,
    };
    const step = (endpoint: string, fn: string, status: number) =>
      visits.push({ at: Math.floor(when), ...visitor, endpoint, fn, status, account: `a${who}` });
    let when = at;
    step('GET /login', 'login', 200);
    for (let wrong = 1 + Math.floor(next() * 3); wrong > 0; wrong--) {
      when += 4000 + next() * 8000;
      step('POST /login', 'login', 401);
    }
    when += 4000 + next() * 8000;
    step('POST /login', 'login', 200);
    when += 3000;
    step('GET /account', 'account', 200);
  }
  return visits;
}

export function inOrder(...streams: readonly Iterable<Sketch>[]): Sketch[] {
  return streams.flatMap((stream) => [...stream]).sort((a, b) => a.at - b.at || (a.ip < b.ip ? -1 : 1));
}
