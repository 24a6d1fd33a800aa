import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PassOptions, PassRequest } from './options.ts';
import { createPassOffice, type PassHeader } from './pass-office.ts';
import { braced, cacheControlOf, withoutQuery } from './request-endpoint.ts';

/** What Express adds to Node's request, where it is Express. */
interface RoutedRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
  readonly ip?: string;
}

/**
 * A middleware for Express, Connect and plain Node servers that gives clients a signed pass for what they did with
 * success: `app.use(connectPass({ keys }))`, before the routes.
 */
export function connectPass(
  options: PassOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const office = createPassOffice(options);
  return (request, response, next) => {
    const writeHead = response.writeHead;
    // Headers are known for good only now: what sets them, and the status, comes after us.
    response.writeHead = function (this: ServerResponse, ...args: unknown[]) {
      response.writeHead = writeHead;
      const status = typeof args[0] === 'number' ? args[0] : response.statusCode;
      const given = args.find((value) => value !== null && typeof value === 'object');
      const cacheControl = cacheControlOf(
        slotIn(given, 'cache-control')?.read() ?? response.getHeader('cache-control'),
      );
      const header = office.answer(toPassRequest(request), status, cacheControl);
      if (header !== null) add(response, given, header);
      return Reflect.apply(writeHead, response, args);
    } as typeof response.writeHead;
    next();
  };
}

function toPassRequest(request: RoutedRequest): PassRequest {
  const route = braced(request.route?.path);
  return {
    method: request.method ?? 'GET',
    endpoint:
      route === null
        ? withoutQuery(request.originalUrl ?? request.url ?? '/')
        : `${request.baseUrl ?? ''}${route}`,
    address: request.ip ?? request.socket.remoteAddress ?? '',
    headers: request.headers,
  };
}

interface Slot {
  readonly read: () => unknown;
  readonly write: (value: unknown) => void;
}

/** Where a header stands among those handed to writeHead: an object, a list of pairs, or a list of names and values. */
function slotIn(given: unknown, name: string): Slot | null {
  if (given === undefined) return null;
  const slot = (holder: object, key: string | number): Slot => ({
    read: () => Reflect.get(holder, key),
    write: (value) => {
      Reflect.set(holder, key, value);
    },
  });
  if (!Array.isArray(given)) {
    const key = Object.keys(given as object).find((own) => own.toLowerCase() === name);
    return key === undefined ? null : slot(given as object, key);
  }
  if (given.every(Array.isArray)) {
    const pair = given.findLast(([own]) => String(own).toLowerCase() === name);
    return pair === undefined ? null : slot(pair, 1);
  }
  const at = given.findLastIndex((own, index) => index % 2 === 0 && String(own).toLowerCase() === name);
  return at === -1 ? null : slot(given, at + 1);
}

/** What writeHead is given replaces what was set, so a cookie goes where the cookies are. */
function add(response: ServerResponse, given: unknown, { name, value }: PassHeader): void {
  const slot = name === 'set-cookie' ? slotIn(given, name) : null;
  if (slot !== null) slot.write([slot.read(), value].flat());
  else if (name === 'set-cookie') response.appendHeader(name, value);
  else response.setHeader(name, value);
}
