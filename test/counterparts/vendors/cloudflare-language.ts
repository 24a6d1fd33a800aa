import { parseNetwork } from '../../../lib/ip.ts';
import type { RequestView } from '../../../services/actuator/rules/condition.ts';

/**
 * The part of Cloudflare's Rules language that rules here use, parsed and checked against the types of its fields, and
 * evaluated on a request: written from the language reference (developers.cloudflare.com/ruleset-engine), for tests.
 */

type Token =
  | { readonly kind: 'word' | 'mark'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string };

type FieldType = 'text' | 'number' | 'address' | 'texts';
const fields: { readonly [name: string]: readonly [FieldType, (request: RequestView) => string] } = {
  'ip.src': ['address', () => ''],
  'ip.src.country': ['text', (request) => request.country ?? 'XX'],
  'ip.src.asnum': ['number', (request) => request.asn ?? '0'],
  'cf.bot_management.ja3_hash': ['text', (request) => request.ja3 ?? ''],
  'cf.bot_management.ja4': ['text', (request) => request.ja4 ?? ''],
  'cf.tls_version': ['text', (request) => request.tls_version ?? ''],
  'http.request.method': ['text', (request) => request.method ?? ''],
  'http.host': ['text', (request) => request.host ?? ''],
  'http.request.uri.path': ['text', (request) => request.path ?? ''],
  'http.request.version': ['text', (request) => request.http_version ?? ''],
  'http.user_agent': ['text', (request) => request.user_agent ?? ''],
  'http.referer': ['text', (request) => request.referer ?? ''],
  'http.cookie': ['text', (request) => request.cookie ?? ''],
  'http.request.headers["accept-language"][*]': ['texts', (request) => request.accept_language ?? ''],
};

export type CloudflareTest = (request: RequestView, listed?: (list: string) => boolean) => boolean;

/** Throws with the place of the first mistake. */
export function parseCloudflare(source: string): CloudflareTest {
  const tokens = tokensOf(source);
  let at = 0;
  const next = (): Token | undefined => tokens[at];
  const fail = (what: string): never => {
    throw new Error(`${what} at ${JSON.stringify(next()?.text ?? 'the end')}`);
  };
  const isNext = (text: string): boolean =>
    next()?.text === text && (next()?.kind === 'word' || next()?.kind === 'mark');
  const take = (text: string): void => {
    if (!isNext(text)) fail(`expected ${text}`);
    at++;
  };
  const either = (): CloudflareTest => {
    const parts = [both()];
    while (isNext('or')) {
      at++;
      parts.push(both());
    }
    return (request, listed) => parts.some((part) => part(request, listed));
  };
  const both = (): CloudflareTest => {
    const parts = [single()];
    while (isNext('and')) {
      at++;
      parts.push(single());
    }
    return (request, listed) => parts.every((part) => part(request, listed));
  };
  const single = (): CloudflareTest => {
    if (isNext('not')) {
      at++;
      const of = single();
      return (request, listed) => !of(request, listed);
    }
    if (isNext('(')) {
      at++;
      const of = either();
      take(')');
      return of;
    }
    if (isNext('any')) {
      at++;
      take('(');
      const of = comparison('texts');
      take(')');
      return of;
    }
    if (isNext('starts_with')) {
      at++;
      take('(');
      const [type, read] = fields[next()?.text ?? ''] ?? fail('no such field');
      if (type !== 'text') fail('starts_with is for text');
      at++;
      take(',');
      const start = value(type);
      take(')');
      return (request) => read(request).startsWith(start);
    }
    return comparison(null);
  };
  const value = (type: FieldType): string => {
    const token = next();
    const kind = type === 'number' ? 'number' : 'text';
    if (token === undefined || token.kind !== kind) return fail(`expected a ${kind}`);
    at++;
    return token.text;
  };
  const comparison = (wanted: 'texts' | null): CloudflareTest => {
    const name = next()?.text ?? '';
    const field = next()?.kind === 'word' ? fields[name] : undefined;
    if (field === undefined) return fail('no such field');
    at++;
    const [type, read] = field;
    if ((type === 'texts') !== (wanted === 'texts')) fail(`${name} is a list: any(…)`);
    /** A missing header has no element at all. */
    const texts = (request: RequestView): string[] =>
      type === 'texts' && read(request) === '' ? [] : [read(request)];
    const operator = next()?.text;
    at++;
    switch (operator) {
      case 'eq':
      case 'ne': {
        const given = value(type);
        return (request) => texts(request).some((text) => (text === given) === (operator === 'eq'));
      }
      case 'matches': {
        if (type === 'number' || type === 'address') fail('matches is for text');
        const pattern = value(type);
        const expression = regularExpression(pattern);
        return (request) => texts(request).some((text) => expression.test(text));
      }
      case 'in': {
        const list = next()?.text ?? '';
        if (type === 'address' && /^\$[a-z0-9_]{1,50}$/.test(list)) {
          at++;
          return (_request, listed) => listed?.(list.slice(1)) ?? false;
        }
        take('{');
        const given: string[] = [];
        while (!isNext('}')) {
          if (type === 'address') {
            const network = next()?.text ?? '';
            if (parseNetwork(network) === null) fail('expected a network');
            given.push(network);
            at++;
          } else given.push(value(type));
        }
        take('}');
        if (given.length === 0) fail('an empty set');
        if (type === 'address') return (request) => given.some((network) => request.inNetwork(network));
        return (request) => texts(request).some((text) => given.includes(text));
      }
      default:
        return fail('no such operator');
    }
  };
  const test = either();
  if (at < tokens.length) fail('something is left over');
  return test;
}

/** RE2 has no look-around and no back-references; `(?i)` at the start. */
export function regularExpression(pattern: string): RegExp {
  if (/\(\?(?!:|i\))|\\[1-9]/.test(pattern)) throw new Error(`not for RE2: ${pattern}`);
  return pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'i') : new RegExp(pattern);
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\s+|"((?:[^"\\]|\\["\\])*)"|([(){},])|(\$[a-z0-9_]+|[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*\/\d+|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]+)(?=[\s})]|$)|(\d+)(?=[\s})]|$)|([a-z][a-z0-9_.]*(?:\["[a-z-]+"\]\[\*\])?)/gy;
  while (pattern.lastIndex < source.length) {
    const from = pattern.lastIndex;
    const match = pattern.exec(source);
    if (match === null) throw new Error(`not a token: ${source.slice(from, from + 30)}`);
    const [, text, mark, address, digits, word] = match;
    if (text !== undefined) tokens.push({ kind: 'text', text: text.replaceAll(/\\(["\\])/g, '$1') });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else if (address !== undefined) tokens.push({ kind: 'word', text: address });
    else if (digits !== undefined) tokens.push({ kind: 'number', text: digits });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
  }
  return tokens;
}
