/** In UTF-8. All that the collector keeps of a user agent in ASCII fits. */
const longestBytes = 1024;

/**
 * Stands in samples for a value that is too long to be carried along by every group and, later, to be listed at an edge. Not
 * null, which says that the request sent nothing, and not a part of the value, which no edge would ever see: it is another
 * value than any that a signature names, so `present`, `absent` and `not_in` answer as an edge does, and `in` is never mined
 * of it. Who sends this very text is treated the same.
 */
export const tooLong = `(longer than ${longestBytes} bytes)`;

/** The value as samples hold it. */
export function sampledValue(value: string): string {
  // no character takes more than three bytes a unit
  return 3 * value.length > longestBytes && Buffer.byteLength(value) > longestBytes ? tooLong : value;
}

/** Whether a signature may list the value. */
export function isNameable(value: string | null): value is string {
  return value !== null && value !== tooLong;
}
