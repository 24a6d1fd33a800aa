/**
 * Patterns that mean the same to PCRE, RE2 and JavaScript: no look-around, no back-references, and of every repetition
 * the end is known from the next character, so that no request can make a backtracking engine work hard.
 */

const plain = /[A-Za-z0-9/;,_:=-]/;

/** A pattern that matches exactly these bytes. Everything that means something anywhere is written as \xHH. */
export function literalPattern(text: string): string {
  let pattern = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    pattern += byte < 128 && plain.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return pattern;
}

/** Decimal integers (no sign, no leading zeros needed) that are at most `bound`, as a pattern. */
export function atMostPattern(bound: number): string {
  const digits = String(bound);
  const parts: string[] = [];
  // Fewer digits, then: same first digits, one smaller, the rest free.
  if (digits.length > 1) parts.push(`[0-9]{1,${digits.length - 1}}`);
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[index]);
    if (digit === 0) continue;
    parts.push(`${digits.slice(0, index)}[0-${digit - 1}]${anyDigits(digits.length - index - 1)}`);
  }
  parts.push(digits);
  return `0*(?:${parts.join('|')})`;
}

/** Decimal integers that are at least `bound`, as a pattern. */
export function atLeastPattern(bound: number): string {
  const digits = String(bound);
  const parts = [`[1-9][0-9]{${digits.length},}`];
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[index]);
    if (digit === 9) continue;
    parts.push(`${digits.slice(0, index)}[${digit + 1}-9]${anyDigits(digits.length - index - 1)}`);
  }
  parts.push(digits);
  return `0*(?:${parts.join('|')})`;
}

function anyDigits(count: number): string {
  return count === 0 ? '' : `[0-9]{${count}}`;
}
