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
      const cacheControl =
        headerIn(given, 'cache-control') ?? cacheControlOf(response.getHeader('cache-control'));
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

/** A header among those handed to writeHead, which may be an object or a list of names and values. */
function headerIn(given: unknown, name: string): string | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) {
    const own = Object.entries(given as object).find(([key]) => key.toLowerCase() === name);
    return cacheControlOf(own?.[1]);
  }
  const flat: unknown[] = given.flat();
  const at = flat.findIndex((value, index) => index % 2 === 0 && String(value).toLowerCase() === name);
  return at === -1 ? undefined : cacheControlOf(flat[at + 1]);
}

/** What writeHead is given replaces what was set, so a cookie goes where the cookies are. */
function add(response: ServerResponse, given: unknown, { name, value }: PassHeader): void {
  if (name !== 'set-cookie') response.setHeader(name, value);
  else if (headerIn(given, name) === undefined) response.appendHeader(name, value);
  else if (Array.isArray(given)) {
    if (given.every(Array.isArray)) given.push([name, value]);
    else given.push(name, value);
  } else {
    const headers = given as { [key: string]: unknown };
    const own = Object.keys(headers).find((key) => key.toLowerCase() === name)!;
    headers[own] = [headers[own], value].flat();
  }
}
