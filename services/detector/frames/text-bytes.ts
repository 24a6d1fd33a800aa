/** Up to here the length of a text stands for its bytes: looking costs more than it may be wrong by. */
const shortText = 16;

/** Bytes that a text and what refers to it take in a frame, at most. */
export const textBytes = (text: string): number =>
  6 + (text.length > shortText ? Buffer.byteLength(text) : text.length);
/** Bytes of a sample that none of its attributes takes: two keys, flags, event id, its place in a list. */
export const plainBytes = (eventIdBytes: number): number => 24 + eventIdBytes;
