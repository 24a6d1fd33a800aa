/** Time stamps of logs, without regular expressions or Date.parse on the hot path. */

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970-01-01 (Hinnant's algorithm); NaN for a day that does not exist. */
function epochDay(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12) || !(day >= 1 && day <= monthDays[month - 1]!)) return Number.NaN;
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0)))
    return Number.NaN;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function clock(hour: number, minute: number, second: number): number {
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  return (hour * 3600 + minute * 60 + second) * 1000;
}

/** Minutes east of UTC of `+01:00`, `+0100` or `Z` at `from`, which must end the text at `to`; NaN otherwise. */
function zone(text: string, from: number, to: number): number {
  const sign = text.charCodeAt(from);
  if (sign === 90 || sign === 122) return to === from + 1 ? 0 : Number.NaN;
  if (sign !== 43 && sign !== 45) return Number.NaN;
  const colon = text.charCodeAt(from + 3) === 58 ? 1 : 0;
  if (to !== from + 5 + colon) return Number.NaN;
  const hours = digits(text, from + 1, 2);
  const minutes = digits(text, from + 3 + colon, 2);
  if (!(hours <= 15 && minutes <= 59)) return Number.NaN;
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes);
}

/** RFC 3339 (`2026-11-16T10:12:04.123Z`, also with a blank for T or an offset) in epoch ms; NaN when malformed. */
export function parseIsoTimestamp(text: string): number {
  const length = text.length;
  if (length < 20 || length > 40) return Number.NaN;
  const separator = text.charCodeAt(10);
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    (separator !== 84 && separator !== 116 && separator !== 32) ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  )
    return Number.NaN;
  const day = epochDay(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
  const time = clock(digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2));
  let index = 19;
  let fraction = 0;
  const point = text.charCodeAt(19);
  if (point === 46 || point === 44) {
    let scale = 100;
    for (index = 20; index < length; index++) {
      const digit = text.charCodeAt(index) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      fraction += digit * scale;
      scale /= 10;
    }
    if (index === 20) return Number.NaN;
  }
  return day * 86_400_000 + time + Math.floor(fraction) - zone(text, index, length) * 60_000;
}

const months: { readonly [name: string]: number } = {
  Jan: 1,
  Feb: 2,
  Mar: 3,
  Apr: 4,
  May: 5,
  Jun: 6,
  Jul: 7,
  Aug: 8,
  Sep: 9,
  Oct: 10,
  Nov: 11,
  Dec: 12,
};

/** `16/Nov/2026:10:12:04 +0000` (26 characters) in epoch ms; NaN when malformed. */
export function parseLogTimestamp(text: string): number {
  if (
    text.length !== 26 ||
    text.charCodeAt(2) !== 47 ||
    text.charCodeAt(6) !== 47 ||
    text.charCodeAt(11) !== 58 ||
    text.charCodeAt(14) !== 58 ||
    text.charCodeAt(17) !== 58 ||
    text.charCodeAt(20) !== 32
  )
    return Number.NaN;
  const month = months[text.slice(3, 6)] ?? Number.NaN;
  const day = epochDay(digits(text, 7, 4), month, digits(text, 0, 2));
  const time = clock(digits(text, 12, 2), digits(text, 15, 2), digits(text, 18, 2));
  return day * 86_400_000 + time - zone(text, 21, 26) * 60_000;
}
