/**
 * Text from clients made safe to keep and to show: cut to a length, control characters (also DEL, C1, line and
 * paragraph separators, bidirectional overrides) and lone surrogates replaced by U+FFFD.
 */
export function cleanText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? text.slice(0, maxLength) : text;
  for (let index = 0; index < cut.length; index++) {
    const code = cut.charCodeAt(index);
    if (code < 32 || code > 126) return cleanSlowly(cut);
  }
  return cut;
}

function cleanSlowly(text: string): string {
  let result = '';
  // Iterates over code points: a lone surrogate comes alone.
  for (const char of text) result += isUnsafe(char.codePointAt(0)!) ? '\ufffd' : char;
  return result;
}

function isUnsafe(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    (code >= 0xd800 && code <= 0xdfff)
  );
}

/** Host in lower case without port, trailing dot or anything that is not of a host name; null when nothing is left. */
export function cleanHost(text: string): string | null {
  let host = text.length > 300 ? text.slice(0, 300) : text;
  const at = host.lastIndexOf('@');
  if (at >= 0) host = host.slice(at + 1);
  if (host.startsWith('[')) {
    const end = host.indexOf(']');
    host = end > 0 ? host.slice(1, end) : host;
  } else {
    const colon = host.indexOf(':');
    if (colon >= 0 && colon === host.lastIndexOf(':')) host = host.slice(0, colon);
  }
  if (host.endsWith('.')) host = host.slice(0, -1);
  host = host.toLowerCase();
  for (let index = 0; index < host.length; index++) {
    const code = host.charCodeAt(index);
    const allowed =
      (code >= 97 && code <= 122) || (code >= 48 && code <= 58) || code === 45 || code === 46 || code === 95;
    if (!allowed) return null;
  }
  return host === '' || host.length > 255 ? null : host;
}
