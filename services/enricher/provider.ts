import type { AddressFacts, AsnClass, FactKind } from './address-facts.ts';

/** What a list without own statements says about the addresses (or ASNs) on it. */
export type ListClass =
  | 'hosting'
  | 'isp'
  | 'mobile'
  | 'education'
  | 'vpn'
  | 'tor'
  | 'residential_proxy'
  | 'public_proxy'
  | 'relay'
  | 'crawler'
  | 'drop';

/** A file's bytes and what the config (or the shipped catalogue) says about it. */
export interface DataFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly modifiedAt: number;
  /** For lists: the class of everything on it. */
  readonly class: ListClass | null;
  /** For lists: who runs these networks. */
  readonly operator: string | null;
}

/** An address in the two forms look-ups want, made once. */
export interface LookupAddress {
  readonly ip: Buffer;
  readonly text: string;
}

/** One loaded data set: immutable, safe to share, replaced as a whole when its file changes. */
export interface DataSet {
  readonly kinds: readonly FactKind[];
  /** Entries read, for people. */
  readonly entries: number;
  /** Entries that were left out: malformed, or of networks that are nobody's on the internet. */
  readonly skipped: number;
  /** Build time that the file itself states, epoch ms; null when it states none. */
  readonly builtAt: number | null;
  /**
   * Adds what it knows of the address; never takes away what is there. May throw on a damaged file: the caller
   * counts it and treats the answer as unknown. Sets of kind `asn_class` read `facts.asn`.
   */
  lookup(address: LookupAddress, facts: AddressFacts): void;
}

/** A format of data files. One file per provider, one line in providers/catalogue.ts. */
export interface Provider {
  readonly name: string;
  readonly description: string;
  /** True when this is the format of the file; asked in the order of the catalogue when none is configured. */
  recognises(path: string, head: string): boolean;
  /** Throws an Error for people when the file is damaged or empty; a file in use then stays in use. */
  load(file: DataFile): DataSet;
}

/** What a class says, as facts. */
export function applyClass(listClass: ListClass, operator: string | null, facts: AddressFacts): void {
  switch (listClass) {
    case 'hosting':
      facts.hosting = true;
      return;
    case 'isp':
      facts.isp = true;
      return;
    case 'mobile':
      facts.mobile = true;
      return;
    case 'education':
      facts.education = true;
      return;
    case 'crawler':
      facts.crawler ??= operator;
      return;
    case 'vpn':
      facts.vpn = true;
      break;
    case 'tor':
      facts.tor = true;
      break;
    case 'residential_proxy':
      facts.residential = true;
      break;
    case 'public_proxy':
      facts.publicProxy = true;
      break;
    case 'relay':
      facts.relay = true;
      break;
    case 'drop':
      facts.listed = true;
      break;
  }
  facts.operator ??= operator;
}

/** The kind of facts a list of this class adds. */
export function kindOf(listClass: ListClass): FactKind {
  if (listClass === 'crawler') return 'bot';
  return ['hosting', 'isp', 'mobile', 'education'].includes(listClass) ? 'network' : 'proxy';
}

export function isAsnClass(listClass: ListClass | null): listClass is AsnClass {
  return listClass !== null && ['hosting', 'isp', 'mobile', 'education', 'vpn'].includes(listClass);
}

/** Trimmed text or null; vendors write nothing as "", "-" or null. Cut, so that no file can bloat records. */
export function textOrNull(value: unknown, limit = 128): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' || text === '-' ? null : text.slice(0, limit);
}
