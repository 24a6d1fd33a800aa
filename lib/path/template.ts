import type { Param } from '../contracts/generated.ts';
import { detached } from '../detached-text.ts';
import { createTwoGenerationCache } from '../two-generation-cache.ts';
import { createFunctionClassifier, type EndpointFunction, type FunctionRule } from './endpoint-function.ts';
import { createRouteTrie, hostMatches, type PathSegment, type Route } from './route-trie.ts';
import { createTemplateLimits, otherSegment } from './template-limits.ts';

/** An endpoint as requests are counted by: shared by all requests of its path, so it may serve as a key. */
export interface Endpoint {
  /** `GET /stores/{number}/stock` */
  readonly name: string;
  readonly function: EndpointFunction;
  /** null: no OpenAPI document covers the host. */
  readonly documented: boolean | null;
  /** The one of its operations that is asked for, where it serves several: `function` is that of the operation then. */
  readonly operation: string | null;
}

export interface Templated {
  readonly endpoint: Endpoint;
  /** Values of the template's variables, in order of the path. */
  readonly params: readonly Param[];
}

export interface TemplaterOptions {
  /** Configured ones first: of two for one path the first counts. */
  readonly routes: readonly Route[];
  readonly functions: readonly FunctionRule[];
  /** Keyed hash of a value that stands in the clear; the one that redacted the path. */
  readonly hash: (value: string) => Buffer;
  /** Most templates per host that are not configured, an eighth of them in one folder; the rest is `{other}`. */
  readonly perHost: number;
  /** Paths remembered. */
  readonly cached: number;
  /** Called when a template is turned away because the host has too many. */
  readonly onFull?: () => void;
}

/**
 * `missed`: the answer was 404, 405 or 410. Paths that were only ever missed may take up a quarter of a host's
 * templates, so that a scanner's word list can not crowd out an endpoint that exists.
 */
export type Templater = (method: string, host: string, path: string, missed: boolean) => Templated;

/** Segments beyond this are `{rest}`. */
const maxSegments = 24;
const hashLength = 11;
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

/** Where an identifier's hash begins, when the segment at `at` is one (`~shape~hash`); else -1. */
function hashStart(path: string, at: number): number {
  if (path.charCodeAt(at) !== 126) return -1;
  const second = path.indexOf('~', at + 1);
  if (second < 0 || second - at > 12) return -1;
  const end = second + 1 + hashLength;
  if (end > path.length) return -1;
  if (end < path.length) {
    const next = path.charCodeAt(end);
    if (next !== 47 && next !== 46 && next !== 58) return -1; // slash, dot, colon
  }
  return second + 1;
}

const digits = new Int8Array(128).fill(-1);
for (const [value, digit] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
].entries())
  digits[digit.charCodeAt(0)] = value;

/** The 8 bytes that 11 base64url digits stand for; null when they are none. By hand: it runs for every identifier. */
function hashAt(path: string, start: number): Buffer | null {
  const bytes = Buffer.allocUnsafe(8);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = start; index < start + hashLength; index++) {
    const digit = digits[path.charCodeAt(index)] ?? -1;
    if (digit < 0) return null;
    held = ((held << 6) | digit) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
    }
  }
  return bytes;
}

/** A path's shape: where its identifiers stand, and its text without them. */
function strip(path: string, starts: number[]): string {
  let key = '';
  let from = 0;
  for (let slash = path.indexOf('/~'); slash >= 0; ) {
    const start = hashStart(path, slash + 1);
    if (start < 0) {
      slash = path.indexOf('/~', slash + 1);
      continue;
    }
    starts.push(start);
    key += path.slice(from, start);
    from = start + hashLength;
    slash = path.indexOf('/~', from);
  }
  return from === 0 ? path : key + path.slice(from);
}

function segmentsOf(stripped: string): { segments: PathSegment[]; cut: boolean } {
  const segments: PathSegment[] = [];
  for (const part of stripped.split('/')) {
    if (part === '') continue;
    if (segments.length === maxSegments) return { segments, cut: true };
    const identifier = /^~([a-z]+)~(.*)$/.exec(part);
    segments.push(
      identifier === null ? { text: part, shape: null } : { text: identifier[2]!, shape: identifier[1]! },
    );
  }
  return { segments, cut: false };
}

/** A variable: where its value comes from. */
interface Variable {
  readonly name: string;
  /** Which identifier of the path, or -1. */
  readonly identifier: number;
  /** Of a value in the clear. */
  readonly hash: Buffer | null;
}

interface Entry {
  readonly method: string;
  readonly host: string;
  readonly endpoint: Endpoint;
  readonly variables: readonly Variable[];
  /** The answer where there are no variables. */
  readonly plain: Templated;
}

/** Methods and hosts remembered for one path: more share it only where somebody makes them up. */
const entriesPerPath = 64;

interface Resolved {
  readonly entry: Entry;
  /** It stays so. */
  readonly settled: boolean;
}

/** `id`, `id_2`, `id_3` */
function uniqueName(name: string, used: Set<string>): string {
  let unique = name;
  for (let count = 2; used.has(unique); count++) unique = `${name}_${count}`;
  used.add(unique);
  return unique;
}

const noParams: readonly Param[] = Object.freeze([]);

/**
 * Turns (method, host, redacted path) into an endpoint and the values of its variables. Pure, except that a host's
 * templates are limited: configured routes and OpenAPI paths first, then the shapes of the segments.
 */
export function createTemplater(options: TemplaterOptions): Templater {
  const route = createRouteTrie(options.routes);
  const classify = createFunctionClassifier(options.functions);
  const documents = options.routes.filter((entry) => entry.documented).map((entry) => entry.hosts);
  const coverings = [...new Map(documents.map((hosts) => [hosts.join(), hosts])).values()];
  const covered = (host: string): boolean => coverings.some((hosts) => hostMatches(hosts, host));

  // By path, since its text mostly is the one seen before: a key joined of method, host and path would be new each time.
  const cache = createTwoGenerationCache<string, Entry[]>(options.cached);
  const endpoints = createTwoGenerationCache<string, Endpoint>(options.cached);
  const limits = createTemplateLimits(options.perHost, () => options.onFull?.());

  /** One object for all paths of an endpoint, so that what is known of it is found by identity. */
  const endpointOf = (
    method: string,
    host: string,
    template: string,
    documented: boolean | null,
  ): Endpoint => {
    const key = `${documented} ${host} ${method} ${template}`;
    let endpoint = endpoints.get(key);
    if (endpoint === undefined) {
      const name = detached(`${method} ${template}`);
      endpoint = Object.freeze({ name, function: classify(method, template), documented, operation: null });
      endpoints.set(key, endpoint);
    }
    return endpoint;
  };
  const makeEntry = (
    method: string,
    host: string,
    template: string,
    documented: boolean | null,
    variables: readonly Variable[],
  ): Entry => {
    const endpoint = endpointOf(method, host, template, documented);
    return { method, host, endpoint, variables, plain: { endpoint, params: noParams } };
  };

  const other = (method: string, documented: boolean | null): Endpoint =>
    endpointOf(method, '', `/${otherSegment}`, documented);

  const resolve = (method: string, host: string, stripped: string, missed: boolean): Resolved | null => {
    const { segments, cut } = segmentsOf(stripped);
    const used = new Set<string>();
    let identifiers = 0;
    const identifierOf = segments.map((segment) => (segment.shape === null ? -1 : identifiers++));
    const isCovered = covered(host);
    const match = cut ? null : route(method, host, segments);
    if (match !== null) {
      const variables = match.variables.map(({ name, segment, value }) => ({
        name: uniqueName(name, used),
        identifier: value === null ? identifierOf[segment]! : -1,
        hash: value === null ? null : options.hash(value),
      }));
      const documented = isCovered ? match.documented : null;
      return { entry: makeEntry(method, host, match.template, documented, variables), settled: true };
    }
    const names: string[] = [];
    let previous = '';
    const variables: Variable[] = [];
    segments.forEach(({ text, shape }, index) => {
      if (shape === null) {
        names.push(text);
        previous = `${text}_`;
        return;
      }
      names.push(`{${shape}}${text}`);
      const name = uniqueName(`${previous}${shape}`, used);
      variables.push({ name, identifier: identifierOf[index]!, hash: null });
    });
    if (cut) names.push('{rest}');
    const admission = limits.admit(host, method, names, missed);
    if (admission === null) return null;
    const template = stripped === '*' ? '*' : admission.template === '' ? '/' : admission.template;
    return {
      entry: makeEntry(method, host, template, isCovered ? false : null, variables),
      settled: admission.settled,
    };
  };

  const find = (method: string, host: string, stripped: string, missed: boolean): Entry | null => {
    const known = cache.get(stripped);
    if (known !== undefined)
      for (const entry of known) if (entry.method === method && entry.host === host) return entry;
    // Not remembered when turned away: it may be let in once it exists.
    const resolved = resolve(method, host, stripped, missed);
    if (resolved === null) return null;
    const { entry, settled } = resolved;
    if (!settled) return entry;
    if (known === undefined) cache.set(detached(stripped), [entry]);
    else {
      if (known.length >= entriesPerPath) known.shift();
      known.push(entry);
    }
    return entry;
  };
  const starts: number[] = [];

  return (givenMethod, host, path, missed) => {
    const method = methods.has(givenMethod) ? givenMethod : 'OTHER';
    starts.length = 0;
    const entry = find(method, host, strip(path, starts), missed);
    if (entry === null) return { endpoint: other(method, covered(host) ? false : null), params: noParams };
    const { variables } = entry;
    if (variables.length === 0) return entry.plain;
    const params: Param[] = [];
    for (const { name, identifier, hash } of variables) {
      const start = starts[identifier];
      const value = hash ?? (start === undefined ? null : hashAt(path, start));
      // A foreign producer's nonsense is left out.
      if (value !== null) params.push({ name, hash: value, value: null });
    }
    return { endpoint: entry.endpoint, params };
  };
}
