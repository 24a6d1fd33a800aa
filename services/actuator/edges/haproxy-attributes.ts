import { formatIp } from '../../../lib/ip.ts';
import { type AttributeName, attributes } from '../../../lib/signature/attributes.ts';
import { isProduct } from '../../../lib/signature/user-agent-product.ts';
import { type AddressAttribute, networkOfValue } from './address-values.ts';
import { endpointPattern } from './endpoint-pattern.ts';

/** How HAProxy finds an attribute of a request, and how its values are written as keys of a map. */
export interface HaproxyAttribute {
  /** Sample expression whose text is looked up; empty when the request does not say. */
  readonly fetch: string;
  /** Set by the owner's own lines of the frontend, so it is only there when the edge's configuration lists it. */
  readonly supplied: boolean;
  /** Text after `attribute=` for a value; null: no request has it; undefined: HAProxy can not say it. */
  readonly keyOf: (value: string) => string | null | undefined;
  /** Texts that mean the request does not say. */
  readonly absent: readonly string[];
  /** The first generation of our lines for frontends that narrows rules by it. */
  readonly since: number;
}

/**
 * Generation of our lines for frontends. Lines of an earlier one leave the conditions out that they do not know, which
 * would make rules wider; so each generation asks for its own rules, and the lines before never see them.
 */
export const frontendGeneration = 3;

const longestKey = 4096;
/** Keys end at a blank, and a line that starts with # is a comment: only texts without such are keys as they are. */
const plainKey = /^[A-Za-z0-9._:/+-]{1,512}$/;
const plain = (value: string): string | undefined => (plainKey.test(value) ? value : undefined);
const encoded = (value: string): string | undefined => {
  const text = Buffer.from(value, 'utf8').toString('base64');
  return text.length <= longestKey ? text : undefined;
};
export const endpointLabel = (endpoint: string): string =>
  Buffer.from(endpoint, 'utf8').toString('base64url');

const from = (
  fetch: string,
  keyOf: HaproxyAttribute['keyOf'],
  absent: readonly string[] = [''],
): HaproxyAttribute => ({ fetch, supplied: false, keyOf, absent, since: 1 });
const supplied = (name: string, since = 1): HaproxyAttribute => ({
  ...from(`var(txn.tidegate_${name})`, plain),
  supplied: true,
  since,
});
const address = (attribute: AddressAttribute, fetch: string): HaproxyAttribute =>
  from(fetch, (value) => {
    const network = networkOfValue(attribute, value);
    return network === null ? null : formatIp(network.address);
  });
/** Only whether it is there; the length of an empty header is 0. */
const presence = (header: string): HaproxyAttribute =>
  from(`req.fhdr(${header}),length`, () => undefined, ['', '0']);

/** Attributes that a request at HAProxy has. */
export const haproxyAttributes: { readonly [name in AttributeName]?: HaproxyAttribute } = {
  client_ip: address('client_ip', 'src'),
  network_24_48: address('network_24_48', 'src,ipmask(24,48)'),
  country: supplied('country'),
  asn: supplied('asn'),
  end_user_country: supplied('end_user_country', 2),
  end_user_asn: supplied('end_user_asn', 2),
  ja3: supplied('ja3'),
  ja4: supplied('ja4'),
  user_agent: from('req.fhdr(user-agent),base64', encoded),
  product: {
    ...from(`req.fhdr(user-agent),field(1,' '),base64`, (value) =>
      isProduct(value) ? encoded(value) : null,
    ),
    since: 3,
  },
  accept_language: from('req.fhdr(accept-language),base64', encoded),
  has_accept_language: presence('accept-language'),
  has_referer: presence('referer'),
  has_cookie: presence('cookie'),
  http_version: from('req.ver', (value) => plain(/^[0-9]$/.test(value) ? `${value}.0` : value)),
  // Collectors are given both spellings.
  tls_version: from('ssl_fc_protocol', (value) => plain(`TLSv${value.replace(/^TLSv?/i, '')}`)),
  method: from('method', plain),
  host: from('req.fhdr(host),field(1,:),lower', plain),
  browser: from('var(txn.tg_browser),field(1,.)', plain, ['', '-']),
  browser_version: from('var(txn.tg_browser),field(2,.)', plain),
  platform: from('var(txn.tg_platform)', plain),
  // A request always has an endpoint: one that no rule speaks of is another one.
  endpoint: from(
    'var(txn.tg_endpoint)',
    (value) => (endpointPattern(value) === null ? undefined : endpointLabel(value)),
    [],
  ),
};

/** Larger bounds are not listed value by value. */
export const largestBound = 9999;

/** Why HAProxy can not evaluate the predicate, or null. `has`: attributes that the frontend supplies. */
export function whyNotAtHaproxy(
  {
    attribute,
    op,
    values,
  }: { readonly attribute: string; readonly op: string; readonly values: readonly string[] },
  has: readonly string[],
): string | null {
  const known = attributes[attribute as AttributeName];
  if (known === undefined) return `unknown attribute ${attribute}`;
  const read = haproxyAttributes[attribute as AttributeName];
  if (read === undefined) return `HAProxy sees no ${attribute}`;
  if (read.supplied && !has.includes(attribute))
    return `the frontend does not supply ${attribute}: see attributes`;
  switch (op) {
    case 'absent':
    case 'present':
      return null;
    case 'lte':
    case 'gte': {
      const bound = Number(values[0]);
      const fits = known.type === 'number' && Number.isSafeInteger(bound) && bound >= 0;
      if (!fits) return `${attribute} can not be compared with ${values[0]}`;
      return bound <= largestBound ? null : `${attribute} is only compared up to ${largestBound}`;
    }
    case 'in':
    case 'not_in': {
      if (known.type === 'presence') return null;
      const bad = values.find((value) => value !== '' && read.keyOf(value) === undefined);
      return bad === undefined ? null : `HAProxy can not say ${attribute} ${JSON.stringify(bad)}`;
    }
    default:
      return `unknown operator ${op}`;
  }
}
