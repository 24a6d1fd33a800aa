import { asideMethods } from '../../../lib/path/aside-methods.ts';
import { partOf } from '../../../lib/signature/standing.ts';
import type { EndpointIdentity } from '../state/endpoint-memory.ts';
import type { CampaignBook, InForce } from './campaign-book.ts';

/** An endpoint as match looks at it. */
export class MatchedEndpoint {
  /** Partition of `aggregates` that decides about its site. */
  readonly reducer: number;
  /** Its bit of lib/signature/standing.ts. */
  readonly part: number;
  /** Who asks for it has used a part of the site. */
  readonly isPage: boolean;
  readonly #identity: EndpointIdentity;
  #version = -1;
  #concerning: readonly InForce[] = [];

  get site(): string {
    return this.#identity.site;
  }

  constructor(identity: EndpointIdentity, reducer: number) {
    this.#identity = identity;
    this.reducer = reducer;
    const { endpoint, endpointFunction } = identity;
    const method = endpoint.slice(0, endpoint.indexOf(' '));
    this.part = partOf(endpointFunction, method);
    this.isPage = !asideMethods.has(method);
  }

  /** Signatures that may concern it: looked for again when a campaign has changed. */
  concerning(book: CampaignBook): readonly InForce[] {
    if (this.#version !== book.version) {
      this.#version = book.version;
      this.#concerning = book.concerning(this.#identity.site, this.#identity.endpoint);
    }
    return this.#concerning;
  }
}
