/** Text from the outside (user agents, paths) inside an nginx configuration. */

/** Longest token nginx reads is 4096 bytes; ours stay clear of it. */
export const longestToken = 3500;

/** A quoted token: the content must come from `literalPattern` or be our own. */
export function quoted(text: string): string {
  if (/["\n\r\0]/.test(text)) throw new Error('not a pattern of ours');
  return `"${text}"`;
}
