import { Reader } from 'maxmind';
import type { AddressFacts, FactKind } from '../address-facts.ts';
import { type Provider, textOrNull } from '../provider.ts';

type Fields = { readonly [name: string]: unknown };

const asFields = (value: unknown): Fields | null =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : null;
/** MaxMind writes flags only when true; IPinfo writes booleans or, in older files, the texts "true" and "". */
const flag = (value: unknown): boolean => value === true || value === 'true' || value === 1;
const numberOrNull = (value: unknown): number | null => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
};
const countryCode = (value: unknown): string | null =>
  typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : null;

function addCountry(record: Fields, facts: AddressFacts): void {
  if (facts.country !== null) return;
  const nested = asFields(record['country']) ?? asFields(record['registered_country']);
  facts.country =
    countryCode(record['country_code']) ??
    countryCode(nested?.['iso_code']) ??
    countryCode(record['country']);
}

/** `13335`, `"AS13335"` or `"13335"`. */
function asnOf(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  const match = /^(?:AS)?(\d{1,10})$/i.exec(text);
  const asn = match === null ? 0 : Number(match[1]);
  return asn > 0 && asn < 2 ** 31 ? asn : null;
}

function addAsn(record: Fields, facts: AddressFacts): void {
  if (facts.asn !== null) return;
  const traits = asFields(record['traits']) ?? record;
  const nested = asFields(record['asn']);
  facts.asn = asnOf(traits['autonomous_system_number'] ?? nested?.['asn'] ?? record['asn']);
  if (facts.asn === null) return;
  facts.asOrg ??= textOrNull(
    traits['autonomous_system_organization'] ?? nested?.['name'] ?? record['as_name'] ?? record['name'],
  );
}

/** Anonymous-IP, Anonymous-Plus, IP-Risk and Enterprise traits. */
function addAnonymity(record: Fields, facts: AddressFacts): void {
  const traits = asFields(record['traits']) ?? record;
  facts.vpn ||= flag(traits['is_anonymous_vpn']);
  facts.publicProxy ||= flag(traits['is_public_proxy']);
  facts.residential ||= flag(traits['is_residential_proxy']);
  facts.tor ||= flag(traits['is_tor_exit_node']);
  facts.hosting ||= flag(traits['is_hosting_provider']);
  if (flag(traits['is_anonymous'])) addProvenance(traits, facts);
}

function addProvenance(record: Fields, facts: AddressFacts): void {
  facts.operator ??= textOrNull(record['provider_name']);
  facts.confidence ??= numberOrNull(record['anonymizer_confidence']) ?? numberOrNull(record['ip_risk']);
}

/** Connection-Type, ISP and Enterprise: what the access network is. */
function addConnection(record: Fields, facts: AddressFacts): void {
  const traits = asFields(record['traits']) ?? record;
  const type = traits['connection_type'];
  const userType = traits['user_type'];
  facts.mobile ||=
    type === 'Cellular' || userType === 'cellular' || textOrNull(traits['mobile_country_code']) !== null;
  facts.isp ||= type === 'Cable/DSL' || type === 'Satellite' || userType === 'residential';
  facts.education ||= userType === 'college' || userType === 'school';
  facts.hosting ||= userType === 'hosting';
}

/** IPinfo confidence runs from 1 to 3; ours from 1 to 99. */
const ipinfoConfidence: readonly (number | null)[] = [null, 33, 66, 99];

function addIpinfoPrivacy(record: Fields, facts: AddressFacts): void {
  facts.vpn ||= flag(record['vpn']);
  facts.publicProxy ||= flag(record['proxy']);
  facts.tor ||= flag(record['tor']);
  facts.relay ||= flag(record['relay']);
  facts.hosting ||= flag(record['hosting']);
  facts.operator ??= textOrNull(record['service']) ?? textOrNull(record['vpn_name']);
  facts.confidence ??= ipinfoConfidence[numberOrNull(record['confidence']) ?? 0] ?? null;
}

/** GeoIP Residential Proxy and IPinfo Residential Proxy: being in the file is the statement. */
function addResidential(record: Fields, facts: AddressFacts): void {
  facts.residential = true;
  addProvenance(record, facts);
  facts.operator ??= textOrNull(record['service']);
  // Share of days seen is the nearest thing IPinfo has to a confidence here.
  facts.confidence ??= numberOrNull(record['percent_days_seen']);
}

interface Shape {
  readonly kinds: readonly FactKind[];
  add(record: Fields, facts: AddressFacts): void;
}

const anonymity: Shape = { kinds: ['proxy', 'network'], add: addAnonymity };
const countryAndAsn: Shape = {
  kinds: ['country', 'asn'],
  add(record, facts) {
    addCountry(record, facts);
    addAsn(record, facts);
  },
};

/** By `database_type`, first match counts; the last line reads what any country or ASN file may hold. */
const shapes: readonly (readonly [RegExp, Shape | null])[] = [
  [/static-ip-score|user-count|domain/i, null],
  [/residential|resproxy|res_proxy/i, { kinds: ['proxy'], add: addResidential }],
  [/anonymous|ip-risk/i, anonymity],
  [/privacy/i, { kinds: ['proxy', 'network'], add: addIpinfoPrivacy }],
  [/connection-type/i, { kinds: ['network'], add: addConnection }],
  [
    /enterprise/i,
    {
      kinds: ['country', 'asn', 'proxy', 'network'],
      add(record, facts) {
        addCountry(record, facts);
        addAsn(record, facts);
        addAnonymity(record, facts);
        addConnection(record, facts);
      },
    },
  ],
  [
    /\bisp\b/i,
    {
      kinds: ['asn', 'network'],
      add(record, facts) {
        addAsn(record, facts);
        addConnection(record, facts);
      },
    },
  ],
  [/asn|country|city|location|lite|core|plus|geo/i, countryAndAsn],
];

function shapeOf(type: string): Shape {
  const known = shapes.find(([pattern]) => pattern.test(type));
  const shape = known === undefined ? countryAndAsn : known[1];
  if (shape === null) throw new Error(`a database of type ${type} says nothing that Tidegate uses`);
  return shape;
}

/** MaxMind DB files of MaxMind, IPinfo, DB-IP and ip-location-db. */
export const mmdb: Provider = {
  name: 'mmdb',
  description:
    'MaxMind DB: country, ASN, ISP, Connection-Type, Enterprise, Anonymous-IP, Anonymous-Plus, IP-Risk, Residential-Proxy; IPinfo privacy and residential; DB-IP',
  recognises: (path) => /\.mmdb$/i.test(path),
  load(file) {
    // Answers are cached per address by the caller; the reader's own cache would only hold them twice.
    const reader = new Reader<never>(file.bytes);
    const { metadata } = reader;
    if (!(metadata.nodeCount > 0) || ![4, 6].includes(metadata.ipVersion))
      throw new Error(`${file.path}: not a MaxMind DB (bad metadata)`);
    const shape = shapeOf(metadata.databaseType);
    // One look-up now, so that a damaged tree is refused at load rather than met by every request.
    reader.get('8.8.8.8');
    const onlyV4 = metadata.ipVersion === 4;
    return {
      kinds: shape.kinds,
      entries: metadata.nodeCount,
      skipped: 0,
      builtAt: metadata.buildEpoch.getTime(),
      lookup(address, facts) {
        if (onlyV4 && address.text.includes(':')) return;
        const record = asFields(reader.get(address.text));
        if (record !== null) shape.add(record, facts);
      },
    };
  },
};
