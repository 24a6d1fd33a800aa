import { asideMethods } from '../../../lib/path/aside-methods.ts';
import { askedOf } from '../../../lib/path/operations.ts';
import { partOf } from '../../../lib/signature/standing.ts';
import { endpointKey, endpointTraits } from '../endpoint-traits.ts';
import type { SampleTexts } from '../frames/sample-texts.ts';
import { traitIndex } from '../layout.ts';
import type { EndpointIdentity } from '../state/endpoint-memory.ts';
import type { GroupPlan, Planned } from './group-plan.ts';

/** An endpoint as combine counts it. */
export class CountedEndpoint {
  readonly site: string;
  /** Key of its group: `METHOD host/template`. */
  readonly key: string;
  /** Key of the group of the operation that is asked for; null: it serves one purpose. */
  readonly asked: string | null;
  /** Its bit of lib/signature/standing.ts. */
  readonly part: number;
  /** The page from which a log-in is sent. */
  readonly isLoginForm: boolean;
  /** Who asks for it has used a part of the site. */
  readonly isPage: boolean;
  /** Its number among the places where visits begin (entry-names.ts); 0: not looked for yet. */
  entry = 0;
  readonly #identity: EndpointIdentity;
  #plan: GroupPlan | null = null;
  #planned: Planned | null = null;

  /** Numbers of what it says in samples, and whose they are. */
  #texts: SampleTexts | null = null;
  #numbers: readonly number[] = [];

  constructor(identity: EndpointIdentity) {
    const { site, host, endpoint, endpointFunction, operation } = identity;
    this.site = site;
    this.key = endpointKey(endpoint, host);
    this.asked = operation === null ? null : askedOf({ name: this.key, operation });
    const method = endpoint.slice(0, endpoint.indexOf(' '));
    this.part = partOf(endpointFunction, method);
    this.isLoginForm = endpointFunction === 'login' && method === 'GET';
    this.isPage = !asideMethods.has(method);
    this.#identity = identity;
  }

  /** What the policies of a pane want of its requests: decided once, and again when other policies hold. */
  planned(plan: GroupPlan): Planned {
    if (this.#plan !== plan || this.#planned === null) {
      const { host, endpoint, endpointFunction, documented } = this.#identity;
      this.#plan = plan;
      this.#planned = plan.of(endpointTraits(endpoint, host, endpointFunction, documented));
    }
    return this.#planned;
  }

  /** Writes what it says in samples into the row at `at`, as numbers of texts. */
  sampled(texts: SampleTexts, words: Int32Array, at: number): void {
    if (this.#texts !== texts) {
      this.#texts = texts;
      this.#numbers = traitsOf(this.#identity).map((text) => (text === null ? 0 : texts.numberOf(text)));
    }
    const numbers = this.#numbers;
    for (let index = 0; index < places.length; index++) words[at + places[index]!] = numbers[index]!;
  }
}

const places = [
  traitIndex.endpoint,
  traitIndex.host,
  traitIndex.endpoint_function,
  traitIndex.documented,
  traitIndex.operation,
];
/** In the order of `places`, as sampled.ts reads them. */
const traitsOf = ({ endpoint, host, endpointFunction, documented, operation }: EndpointIdentity) => [
  endpoint,
  host,
  endpointFunction,
  documented === null ? null : documented ? 'yes' : 'no',
  operation,
];
