/**
 * What kind of identifier a path segment looks like. Pure, and the same everywhere: the collector hides segments by
 * it, the enricher makes templates (`/users/{number}`) of what it left.
 */
export const shapes = [
  /** Digits, optionally signed or with a fraction; phone numbers. */
  'number',
  'uuid',
  /** 8 or more hexadecimal digits. */
  'hex',
  /** `2026-11-16`, `2026-11`, `2026-11-16T10:00:00Z`. */
  'date',
  'email',
  /** Letters with digits, as in `AB-1234` or `SKU99812`; one or two capitals. */
  'code',
  /** Long and random-looking: keys, session ids, JWTs. */
  'token',
  /** Many words, as in titles: `air-max-90-white`. */
  'slug',
  /** Several values: `1,2,3`, `52.5,13.4`. */
  'list',
  /** Anything with blanks, non-ASCII or reserved characters: names, search terms. */
  'text',
] as const;
export type Shape = (typeof shapes)[number];

/** A plain word is no longer: what is kept in the clear and counted by its name stays small. In UTF-16 units. */
export const longestWord = 64;

const lower = 1;
const upper = 2;
const digit = 3;
const dash = 4; // - or _
const dot = 5;
const at = 6;
const comma = 7;
const plain = 8; // other characters that occur in route names
const strange = 0;

const classes = new Uint8Array(128);
for (let code = 97; code <= 122; code++) classes[code] = lower;
for (let code = 65; code <= 90; code++) classes[code] = upper;
for (let code = 48; code <= 57; code++) classes[code] = digit;
for (const char of '-_') classes[char.charCodeAt(0)] = dash;
for (const char of '~!$&()*+=:') classes[char.charCodeAt(0)] = plain;
classes[46] = dot;
classes[64] = at;
classes[44] = comma;

/**
 * The shape of one decoded segment, or null for a plain word (`login`, `v2`, `oauth2`, `.well-known`). Linear, without
 * regular expressions: it runs for every segment of every request.
 */
export function segmentShape(segment: string): Shape | null {
  const length = segment.length;
  let letters = 0;
  let uppers = 0;
  let digits = 0;
  let dashes = 0;
  let dots = 0;
  let others = 0;
  let ats = 0;
  let commas = 0;
  let hexLetters = 0;
  let changes = 0; // between letters and digits
  let caseChanges = 0; // upper after lower: random text has more than camel case
  let previous = strange;
  for (let index = 0; index < length; index++) {
    const code = segment.charCodeAt(index);
    const kind = code < 128 ? classes[code]! : strange;
    switch (kind) {
      case lower:
        letters++;
        if (code <= 102) hexLetters++;
        if (previous === digit) changes++;
        break;
      case upper:
        letters++;
        uppers++;
        if (code <= 70) hexLetters++;
        if (previous === digit) changes++;
        if (previous === lower) caseChanges++;
        break;
      case digit:
        digits++;
        if (previous === lower || previous === upper) changes++;
        break;
      case dash:
        dashes++;
        break;
      case dot:
        dots++;
        break;
      case at:
        ats++;
        break;
      case comma:
        commas++;
        break;
      case plain:
        others++;
        break;
      default:
        return 'text';
    }
    previous = kind;
  }
  if (ats > 0) return ats === 1 && segment.charCodeAt(0) !== 64 && letters > 0 ? 'email' : 'text';
  if (commas > 0) return 'list';
  if (dashes === 4 && length === 36 && isUuid(segment)) return 'uuid';
  if (letters === 0) {
    const shape = digits === 0 ? null : numeric(segment, digits, dashes, dots, others);
    return shape === null && length > longestWord ? 'token' : shape;
  }
  if (digits > 0 && segment.charCodeAt(0) <= 57 && isDate(segment)) return 'date';
  const alphanumeric = letters + digits;
  if (hexLetters === letters && alphanumeric === length && (digits > 0 ? length >= 8 : length >= 16))
    return 'hex';
  if (length > longestWord) return 'token';
  if (dots === 2 && length >= 32 && segment.startsWith('eyJ')) return 'token';
  if (dots === 0 && others === 0) {
    if (length >= 16 && digits > 0 && dashes < 3) {
      const lowers = letters - uppers;
      if ((uppers > 0 && lowers > 0) || changes >= 4 || length >= 24) return 'token';
    }
    if (digits === 0 && length >= 16 && caseChanges * 3 >= length) return 'token';
    if (dashes >= 4 && length >= 20) return 'slug';
    if (dashes >= 2 && digits >= 2 && letters >= 8) return 'slug';
  }
  // a row, a size, a country: routes are not named so
  if (digits === 0) return letters === length && uppers === length && length <= 2 ? 'code' : null;
  if (isVersion(segment, length)) return null;
  if (digits >= 4) return 'code';
  if (digits >= 2 && uppers === letters) return 'code';
  if (digits >= 2 && changes >= 3) return 'code';
  return digits >= 3 && dashes > 0 ? 'code' : null;
}

/** No letters. */
function numeric(
  segment: string,
  digits: number,
  dashes: number,
  dots: number,
  others: number,
): Shape | null {
  const length = segment.length;
  if (digits === length) return 'number';
  const first = segment.charCodeAt(0);
  if (digits === length - 1 && (first === 45 || first === 43)) return 'number'; // -12, +4917…
  if (isDate(segment)) return 'date';
  if (dashes + others === 0)
    return dots === 1 && length > 4 ? 'number' : dots > 1 && digits > 6 ? 'code' : null;
  return 'code'; // 12-3456-78
}

/** `v2`, `v1.10`, `v2beta1`. */
function isVersion(segment: string, length: number): boolean {
  if (length > 8 || (segment.charCodeAt(0) | 32) !== 118) return false;
  const second = segment.charCodeAt(1);
  return second >= 48 && second <= 57;
}

function digitsAt(segment: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const code = segment.charCodeAt(index);
    if (!(code >= 48 && code <= 57)) return false;
  }
  return true;
}

function isDate(segment: string): boolean {
  const length = segment.length;
  if (length < 7 || length > 35 || segment.charCodeAt(4) !== 45) return false;
  if (!digitsAt(segment, 0, 4) || !digitsAt(segment, 5, 7)) return false;
  const century = segment.charCodeAt(0);
  if (century !== 49 && century !== 50) return false; // years 1000 to 2999: else it is a product code
  if (length === 7) return true;
  if (segment.charCodeAt(7) !== 45 || !digitsAt(segment, 8, 10) || length < 10) return false;
  return length === 10 || segment.charCodeAt(10) === 84;
}

function isUuid(segment: string): boolean {
  for (let index = 0; index < 36; index++) {
    const code = segment.charCodeAt(index);
    if (index === 8 || index === 13 || index === 18 || index === 23) {
      if (code !== 45) return false;
    } else if (!((code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102))) return false;
  }
  return true;
}
