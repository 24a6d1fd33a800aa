const scratch = Buffer.allocUnsafe(1024);

/**
 * The same text in memory of its own. A text cut out of a line keeps the whole line alive, one joined from pieces keeps
 * all of them: for what is kept long after its line is gone.
 */
export function detached(text: string): string {
  const { length } = text;
  if (length <= scratch.length) {
    let index = 0;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) break;
      scratch[index] = code;
    }
    if (index === length) return scratch.toString('latin1', 0, length);
  }
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
