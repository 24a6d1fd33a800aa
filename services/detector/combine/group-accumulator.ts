import type {
  AttributeSample,
  EnrichedRequest,
  GroupPartial,
  Param,
} from '../../../lib/contracts/generated.ts';
import { lanes } from '../../../lib/hash/lanes.ts';
import { type Attribute, attributes } from '../../../lib/signature/attributes.ts';
import {
  countIndex,
  countNames,
  flag,
  minedAttributes,
  type SketchName,
  suspiciousFlags,
} from '../layout.ts';
import { BottomK } from '../sketches/bottom-k.ts';
import { HyperLogLog } from '../sketches/hyper-log-log.ts';

interface Sampled {
  readonly event: EnrichedRequest;
  readonly flags: number;
}

/** Partial aggregate of one group in one pane: counts, sketches and two samples (suspicious requests, and others). */
export class GroupAccumulator {
  readonly counts = new Int32Array(countNames.length);
  readonly #clients = new HyperLogLog();
  readonly #sessions = new HyperLogLog();
  readonly #accounts = new HyperLogLog();
  readonly #combos = new HyperLogLog();
  /** null: no policy asks. */
  readonly #values: HyperLogLog | null;
  readonly #fingerprints: HyperLogLog | null;
  readonly #suspicious: BottomK<Sampled>;
  readonly #others: BottomK<Sampled>;

  constructor(samples: number, optional: ReadonlySet<SketchName>) {
    this.#values = optional.has('values') ? new HyperLogLog() : null;
    this.#fingerprints = optional.has('fingerprints') ? new HyperLogLog() : null;
    this.#suspicious = new BottomK(samples);
    this.#others = new BottomK(samples);
  }

  add(event: EnrichedRequest, flags: number, orderHi: number, orderLo: number): void {
    const { counts } = this;
    const { hashes } = event;
    counts[countIndex.requests]!++;
    if ((flags & flag.verified) !== 0) {
      counts[countIndex.verified]!++;
      return;
    }
    if ((flags & flag.direct) !== 0) counts[countIndex.direct]!++;
    if ((flags & flag.failing) !== 0) {
      counts[countIndex.failing]!++;
      if ((flags & flag.direct) !== 0) counts[countIndex.cold_failing]!++;
    }
    if ((flags & flag.succeeding) !== 0) counts[countIndex.succeeding]!++;
    if ((flags & flag.missing) !== 0) counts[countIndex.missing]!++;
    if ((flags & flag.hostile) !== 0) counts[countIndex.hostile]!++;
    if ((flags & flag.implausible) !== 0) counts[countIndex.implausible]!++;
    if ((flags & flag.newClient) !== 0) counts[countIndex.new_clients]!++;
    if ((flags & (flag.failing | flag.succeeding)) !== 0) counts[countIndex.outcome_known]!++;
    if (event.request.status !== null) counts[countIndex.status_known]!++;
    if (event.network_class !== 'unknown') counts[countIndex.network_known]!++;
    if (event.browser_version !== null || event.browser_plausible !== null)
      counts[countIndex.browser_known]!++;
    if ((flags & flag.implausible) !== 0)
      counts[(flags & flag.unreal) !== 0 ? countIndex.unreal : countIndex.outdated]!++;
    if ((flags & flag.skipped) !== 0) counts[countIndex.skipped]!++;
    if ((flags & flag.cookiesKnown) !== 0) {
      counts[countIndex.cookies_known]!++;
      if ((flags & flag.fewCookies) !== 0) counts[countIndex.few_cookies]!++;
    }
    if (event.request.session_id !== null) {
      counts[countIndex.session_known]!++;
      if ((flags & flag.newSession) !== 0) counts[countIndex.new_sessions]!++;
    }
    if (event.documented !== null) {
      counts[countIndex.documentation_known]!++;
      if (!event.documented) counts[countIndex.undocumented]!++;
    }
    if (event.country !== null) counts[countIndex.country_known]!++;

    this.#clients.add(hashes.readInt32LE(lanes.client), hashes.readInt32LE(lanes.client + 4));
    const session = hashes.readInt32LE(lanes.session);
    if (session !== 0) this.#sessions.add(session, hashes.readInt32LE(lanes.session + 4));
    const account = hashes.readInt32LE(lanes.account);
    if (account !== 0) this.#accounts.add(account, hashes.readInt32LE(lanes.account + 4));
    const target = targetHash(event);
    if (target !== 0) this.#combos.add(target, Math.imul(target ^ (target >>> 15), 0x2c1b3c6d));
    if (this.#values !== null) addValues(this.#values, event);
    if (this.#fingerprints !== null) {
      const fingerprint = hashes.readInt32LE(lanes.fingerprint);
      if (fingerprint !== 0) this.#fingerprints.add(fingerprint, hashes.readInt32LE(lanes.fingerprint + 4));
    }

    if ((flags & suspiciousFlags) !== 0) {
      counts[countIndex.suspicious]!++;
      if (this.#suspicious.wants(orderHi)) this.#suspicious.add(orderHi, orderLo, { event, flags });
    } else if (this.#others.wants(orderHi)) this.#others.add(orderHi, orderLo, { event, flags });
  }

  partial(site: string, kind: string, key: string, read: AttributeReader): GroupPartial {
    return {
      site,
      kind,
      key,
      counts: [...this.counts],
      sketches: [
        this.#clients,
        this.#sessions,
        this.#accounts,
        this.#combos,
        this.#values,
        this.#fingerprints,
      ].map((sketch) => sketch?.toBytes() ?? nothing),
      samples: [...this.#suspicious.entries(), ...this.#others.entries()].map(({ hi, lo, item }) =>
        sampleOf(hi, lo, item, read),
      ),
    };
  }
}

const nothing = Buffer.alloc(0);

/** Every parameter and path value by itself. */
function addValues(sketch: HyperLogLog, event: EnrichedRequest): void {
  for (const list of [event.path_params, event.request.params])
    for (const { hash, name } of list) {
      const value = mixed(hash, name.length);
      sketch.add(value, hash.readInt32LE(4));
    }
}

/** One hash for the combination of all parameters and path values, whatever their order; 0 when there are none. */
export function targetHash(event: EnrichedRequest): number {
  let hash = 0;
  for (const param of event.path_params) hash = (hash + mixed(param.hash, param.name.length)) | 0;
  for (const param of event.request.params) hash = (hash + mixed(param.hash, param.name.length + 64)) | 0;
  return hash;
}

function mixed(hash: Buffer, salt: number): number {
  let value = hash.readInt32LE(0) ^ Math.imul(salt, 0x9e3779b1);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return value ^ (value >>> 13);
}

const maxNames = 12;
const plainName = /^[\w.[\]-]{1,40}$/;

/** The names of a request's parameters in order, as far as they look like names; null when there is none. */
function paramNames(params: readonly Param[]): string | null {
  if (params.length === 0) return null;
  const names = new Set<string>();
  for (const { name } of params) if (names.size < maxNames && plainName.test(name)) names.add(name);
  return names.size === 0 ? null : [...names].sort().join(',');
}

export type AttributeReader = (event: EnrichedRequest) => (string | null)[];

const readers = minedAttributes.map((name) => attributes[name] as Attribute);

/** Reads what a sample carries; an event sampled in several groups of a pane is read once. */
export function createAttributeReader(): AttributeReader {
  const known = new Map<EnrichedRequest, (string | null)[]>();
  return (event) => {
    let values = known.get(event);
    if (values === undefined) {
      values = readers.map((attribute) => {
        const value = attribute.read(event);
        return value === null ? null : String(value);
      });
      values.push(
        event.endpoint,
        event.request.host,
        event.endpoint_function,
        event.documented === null ? null : event.documented ? 'yes' : 'no',
        event.proxy_operator,
        event.client_class,
        event.request.partner_id !== null ? 'partner' : event.request.api_key_id !== null ? 'key' : null,
        paramNames(event.request.params),
      );
      known.set(event, values);
    }
    return values;
  };
}

function sampleOf(hi: number, lo: number, { event, flags }: Sampled, read: AttributeReader): AttributeSample {
  const order = Buffer.allocUnsafe(8);
  order.writeUInt32LE(lo, 0);
  order.writeUInt32LE(hi, 4);
  return {
    order,
    event_id: event.request.event_id,
    client: event.hashes.subarray(lanes.client, lanes.client + 8),
    flags,
    attributes: read(event),
  };
}
