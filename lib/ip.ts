import { detached } from './detached-text.ts';

/**
 * IP addresses as 16 bytes (IPv4 mapped into ::ffff:0:0/96): one form in memory, in Avro and in ClickHouse.
 * Hand-written because every event passes here; ipaddr.js is the oracle in the property tests.
 */

/** Parses IPv4 dotted decimal or IPv6 text (RFC 4291, without zone or brackets). null when it is neither. */
export function parseIp(text: string): Buffer | null {
  return text.includes(':') ? parseV6(text) : parseV4Into(text, 0, text.length, null, 12);
}

function parseV4Into(text: string, from: number, to: number, into: Buffer | null, at: number): Buffer | null {
  if (to - from < 7 || to - from > 15) return null;
  let value = -1;
  let digits = 0;
  let parts = 0;
  let address = 0;
  for (let index = from; index <= to; index++) {
    const code = index < to ? text.charCodeAt(index) : 46;
    if (code === 46) {
      if (value < 0 || parts === 4) return null;
      address = address * 256 + value;
      parts++;
      value = -1;
      digits = 0;
    } else {
      if (code < 48 || code > 57) return null;
      if (value === 0) return null; // no leading zeros: they read as octal elsewhere
      value = (value < 0 ? 0 : value * 10) + code - 48;
      if (value > 255 || ++digits > 3) return null;
    }
  }
  if (parts !== 4) return null;
  const bytes = into ?? Buffer.allocUnsafe(16);
  if (into === null) for (let index = 0; index < 12; index++) bytes[index] = index < 10 ? 0 : 0xff;
  bytes[at] = address >>> 24;
  bytes[at + 1] = address >>> 16;
  bytes[at + 2] = address >>> 8;
  bytes[at + 3] = address;
  return bytes;
}

function parseV6(text: string): Buffer | null {
  if (text.length > 45) return null;
  const bytes = Buffer.allocUnsafe(16).fill(0); // from the pool: memory of its own costs more than all the rest
  let position = 0; // next byte to write
  let gap = -1; // where `::` stood
  let index = 0;
  if (text.startsWith('::')) {
    gap = 0;
    index = 2;
  } else if (text.charCodeAt(0) === 58) return null;
  while (index < text.length) {
    let group = 0;
    let digits = 0;
    const start = index;
    for (; index < text.length; index++) {
      const digit = hexDigit(text.charCodeAt(index));
      if (digit < 0) break;
      if (++digits > 4) return null;
      group = group * 16 + digit;
    }
    const next = text.charCodeAt(index);
    if (next === 46) {
      if (position > 12 || parseV4Into(text, start, text.length, bytes, position) === null) return null;
      position += 4;
      index = text.length;
      break;
    }
    if (digits === 0 || position > 14) return null;
    bytes.writeUInt16BE(group, position);
    position += 2;
    if (index === text.length) break;
    if (next !== 58) return null;
    index++;
    if (index === text.length) return null; // a single trailing colon
    if (text.charCodeAt(index) === 58) {
      if (gap >= 0) return null;
      gap = position;
      index++;
    }
  }
  if (gap < 0) return position === 16 ? bytes : null;
  if (position > 14) return null;
  bytes.copyWithin(16 - (position - gap), gap, position);
  bytes.fill(0, gap, 16 - (position - gap));
  return bytes;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

export function isV4(ip: Buffer): boolean {
  // Byte by byte: calls of readUInt32BE check their bounds each time, and this runs a dozen times a request.
  return (
    ip[10] === 0xff &&
    ip[11] === 0xff &&
    (ip[0]! | ip[1]! | ip[2]! | ip[3]! | ip[4]! | ip[5]! | ip[6]! | ip[7]! | ip[8]! | ip[9]!) === 0
  );
}

/** The IPv4 address of a mapped one as an unsigned number. */
export function v4Number(ip: Buffer): number {
  return ((ip[12]! << 24) | (ip[13]! << 16) | (ip[14]! << 8) | ip[15]!) >>> 0;
}

/** Slots of a memo: a few hundred kilobytes. */
const memoBits = 15;

/**
 * Remembers what a pure function says of an IPv4 address or network: one slot a key, the last one keeps it. What repeats
 * costs a look, and everybody who keeps the text keeps the same one.
 */
function v4Memo(text: (bytes: Buffer) => string, shift: number): (ip: Buffer) => string {
  const keys = new Uint32Array(2 ** memoBits);
  const texts = new Array<string>(2 ** memoBits).fill('');
  return (ip) => {
    const key = v4Number(ip) >>> shift;
    const slot = Math.imul(key, 0x9e3779b1) >>> (32 - memoBits);
    if (keys[slot] === key && texts[slot] !== '') return texts[slot]!;
    const made = detached(text(ip));
    keys[slot] = key;
    texts[slot] = made;
    return made;
  };
}

const v4Text = v4Memo((ip) => `${ip[12]}.${ip[13]}.${ip[14]}.${ip[15]}`, 0);
const v4NetworkText = v4Memo((ip) => `${ip[12]}.${ip[13]}.${ip[14]}.0/24`, 8);

/** The /24 (IPv4) or /48 (IPv6) of an address, as text. */
export function networkText(ip: Buffer): string {
  return isV4(ip) ? v4NetworkText(ip) : `${formatIp(maskIp(ip, 48))}/48`;
}

/** RFC 5952 text; IPv4-mapped addresses are shown as IPv4. */
export function formatIp(ip: Buffer): string {
  if (isV4(ip)) return v4Text(ip);
  let bestStart = -1;
  let bestLength = 1; // a single zero group is not shortened
  for (let start = 0; start < 8; ) {
    let end = start;
    while (end < 8 && ip.readUInt16BE(end * 2) === 0) end++;
    if (end - start > bestLength) {
      bestStart = start;
      bestLength = end - start;
    }
    start = Math.max(end, start + 1);
  }
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (group === bestStart) {
      text += '::';
      group += bestLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += ip.readUInt16BE(group * 2).toString(16);
  }
  return text;
}

/** A network: 16 address bytes with host bits cleared, and the prefix length in IPv6 terms (IPv4 + 96). */
export interface Network {
  readonly address: Buffer;
  readonly prefix: number;
}

/** Parses `address` or `address/length`; host bits are cleared. null when malformed. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const v4 = isV4(address) && !text.includes(':');
  let prefix = 128;
  if (slash >= 0) {
    const length = text.slice(slash + 1);
    if (!/^\d{1,3}$/.test(length)) return null;
    prefix = Number(length) + (v4 ? 96 : 0);
    if (prefix > 128) return null;
  }
  return { address: maskIp(address, prefix), prefix };
}

/** Of IPv4 addresses alone; `::ffff:0:0/90` holds them, and is none. */
export function isV4Network({ address, prefix }: Network): boolean {
  return prefix >= 96 && isV4(address);
}

/** Canonical `address/length`; single hosts keep their length (/32, /128). */
export function formatNetwork(network: Network): string {
  if (isV4Network(network)) return `${formatIp(network.address)}/${network.prefix - 96}`;
  return `${isV4(network.address) ? `::ffff:${formatIp(network.address)}` : formatIp(network.address)}/${network.prefix}`;
}

/** Copy of the address with everything after `prefix` bits (IPv6 terms) cleared. */
export function maskIp(ip: Buffer, prefix: number): Buffer {
  const bytes = Buffer.from(ip);
  const whole = prefix >> 3;
  if (whole < 16) {
    bytes[whole] = bytes[whole]! & (0xff00 >> (prefix & 7));
    bytes.fill(0, whole + 1);
  }
  return bytes;
}

export function contains(network: Network, ip: Buffer): boolean {
  const whole = network.prefix >> 3;
  for (let index = 0; index < whole; index++) if (network.address[index] !== ip[index]) return false;
  const rest = network.prefix & 7;
  return rest === 0 || ((network.address[whole]! ^ ip[whole]!) & (0xff00 >> rest) & 0xff) === 0;
}

/** True when the two share at least one address. */
export function overlaps(a: Network, b: Network): boolean {
  return a.prefix <= b.prefix ? contains(a, b.address) : contains(b, a.address);
}

/** Whether only this machine reaches who listens there: an address, or a name. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** The partition key of a client: its /24 (IPv4) or /48 (IPv6), as text after the site. */
export function networkKey(site: string, ip: Buffer): string {
  return isV4(ip) ? `${site}|${ip[12]}.${ip[13]}.${ip[14]}` : `${site}|${ip.toString('hex', 0, 6)}`;
}

/** The address that stands for one client: the IPv4 address, or the IPv6 /64. */
export function clientAddress(ip: Buffer): Buffer {
  return isV4(ip) ? ip : maskIp(ip, 64);
}

/** A client as text: `192.0.2.7`, `2001:db8:0:1::/64`. */
export function clientKey(ip: Buffer): string {
  return isV4(ip) ? formatIp(ip) : formatNetwork({ address: clientAddress(ip), prefix: 64 });
}
