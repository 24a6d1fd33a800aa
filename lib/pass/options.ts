import type { EndpointFunction } from '../path/endpoint-function.ts';
import type { HeaderValue } from './binding.ts';
import type { PassKey } from './key-ring.ts';

/** What the middleware tells of a request; times are epoch ms. */
export interface PassRequest {
  readonly method: string;
  /** Template of the route where the framework knows one (`/products/{id}`), else the path without its query. */
  readonly endpoint: string;
  /** Client address, as the framework sees it (behind a proxy: by its `trust proxy`). */
  readonly address: string;
  readonly headers: { readonly [name: string]: HeaderValue };
}

export interface PassOptions {
  /** The first signs, all verify. */
  readonly keys: readonly PassKey[];
  /** Seconds that a pass holds. Default 900. */
  readonly lifeSeconds?: number;
  /** Seconds after which a visit counts anew, however busy. Default 14400. */
  readonly visitSeconds?: number;
  /** Headers that make the fingerprint. Default `['user-agent']`; add the one in which a trusted proxy sets JA4. */
  readonly bindTo?: readonly string[];
  /**
   * What is known of the client's network (its class, its ASN, a masked address), for passes that hold nowhere else.
   * Left out by default: phones change between Wi-Fi and mobile networks in the middle of a purchase.
   */
  readonly network?: (request: PassRequest) => string;
  /** What an endpoint is for; null: this request proves nothing. Default: by the words of the path. */
  readonly part?: (request: PassRequest) => EndpointFunction | null;
  /** Whether the answer was a success. Default: status 200 to 399. */
  readonly succeeded?: (status: number, request: PassRequest) => boolean;
  /** Whether the client is signed in, as the application has checked: what some endpoints ask for. */
  readonly signedIn?: (request: PassRequest) => boolean;
  /** Whether the site knows the client for long (a customer with paid orders): such a pass is good everywhere. */
  readonly vouch?: (request: PassRequest) => boolean;
  /** `cookie` for browsers, `header` for apps that send back what they got. Default `cookie`. */
  readonly carrier?: 'cookie' | 'header';
  /** Name of the cookie. Default `tidegate_pass`. */
  readonly cookie?: string;
  /** Name of the header. Default `tidegate-pass`. */
  readonly header?: string;
  /** Domain of the cookie, where hosts share it. Default: the host alone. */
  readonly domain?: string;
  /** Most new passes an address gets: `burst` at once, as many again in `perMs`. Default 60 in a minute. */
  readonly newPasses?: { readonly burst: number; readonly perMs: number };
  /** Told of errors in the functions above; the answer goes out as if there were no passes. */
  readonly onError?: (error: unknown) => void;
  /** The clock, epoch ms. */
  readonly now?: () => number;
}
