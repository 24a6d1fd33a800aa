import { longestWord, type Shape, segmentShape, shapes } from './shapes.ts';

/** Longer paths are cut here. */
export const maxPathLength = 8192;

const tilde = 126;
const slash = 47;

/**
 * The path as it may be kept: dot segments resolved, slashes merged, percent-encoding undone where that is harmless,
 * matrix parameters (`;jsessionid=…`), query and fragment dropped, and every segment that looks like an identifier
 * replaced by `~shape~hash`, hash being base64url of the 8 bytes that `hash` gives for the decoded value. A file
 * extension or custom verb stays after it: `/users/12.json` →
 * `/users/~number~….json`.
 *
 * A segment that already starts with `~` is escaped, so that nothing a client sends can pass for a redacted segment.
 * Shapes in `keepShapes` stay in the clear up to the length of a word. Always starts with `/`, except for `*` (of `OPTIONS *`).
 */
export function redactPath(
  path: string,
  hash: (value: string) => Buffer,
  keepShapes?: ReadonlySet<Shape>,
): string {
  if (path === '*') return path;
  const end = pathEnd(path);
  const segments: string[] = [];
  let index = 0;
  let directory = false; // the path ends in a slash
  while (index < end) {
    let stop = path.indexOf('/', index);
    if (stop < 0 || stop > end) stop = end;
    if (stop > index) {
      const segment = decoded(path, index, stop);
      directory = true;
      if (segment === '..') segments.pop();
      else if (segment !== '.' && segment !== '') {
        segments.push(redactSegment(segment, hash, keepShapes));
        directory = false;
      }
    }
    if (stop < end) directory = true;
    index = stop + 1;
  }
  if (segments.length === 0) return '/';
  return `/${segments.join('/')}${directory ? '/' : ''}`;
}

function pathEnd(path: string): number {
  const limit = Math.min(path.length, maxPathLength);
  for (let index = 0; index < limit; index++) {
    const code = path.charCodeAt(index);
    if (code === 63 || code === 35) return index; // ? #
  }
  return limit;
}

/** One segment without its matrix parameters; text that is not valid percent-encoded UTF-8 stays as it is. */
function decoded(path: string, from: number, to: number): string {
  let segment = path.slice(from, to);
  const semicolon = segment.indexOf(';');
  if (semicolon >= 0) segment = segment.slice(0, semicolon);
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function redactSegment(
  segment: string,
  hash: (value: string) => Buffer,
  keepShapes: ReadonlySet<Shape> | undefined,
): string {
  const cut = suffixStart(segment);
  let stem = segment;
  let shape = segmentShape(segment);
  if (cut >= 0 && !indivisible(shape)) {
    stem = segment.slice(0, cut);
    shape = segmentShape(stem);
  }
  const kept = shape !== 'text' && segment.length <= longestWord && keepShapes?.has(shape!);
  if (shape === null || kept) return segment.charCodeAt(0) === tilde ? escaped(segment) : segment;
  return `~${shape}~${hash(stem).toString('base64url')}${segment.slice(stem.length)}`;
}

/** Shapes in which a dot or colon before letters is part of the value, not an extension. */
function indivisible(shape: Shape | null): boolean {
  return shape === 'text' || shape === 'email' || shape === 'token' || shape === 'list';
}

function escaped(segment: string): string {
  return `%7E${segment.slice(1)}`;
}

/** Where `.json`, `.html` or `:cancel` starts (1 to 12 letters after a stem), or -1. */
function suffixStart(segment: string): number {
  const length = segment.length;
  for (let index = length - 1, letters = 0; index > 0 && letters <= 12; index--, letters++) {
    const code = segment.charCodeAt(index);
    if (code === 46 || code === 58) return letters > 0 ? index : -1;
    const letter = code | 32;
    if (letter < 97 || letter > 122) return -1;
  }
  return -1;
}

export interface RedactedSegment {
  readonly shape: Shape;
  /** The 8 bytes of the hash. */
  readonly hash: Buffer;
  /** `.json`, `:cancel`, or empty. */
  readonly suffix: string;
}

const hashLength = 11;
const known = new Set<string>(shapes);

/** What a segment written by `redactPath` stands for; null for plain words and for anything not written by it. */
export function parseRedactedSegment(segment: string): RedactedSegment | null {
  if (segment.charCodeAt(0) !== tilde) return null;
  const second = segment.indexOf('~', 1);
  if (second < 0) return null;
  const shape = segment.slice(1, second);
  if (!known.has(shape)) return null;
  const end = second + 1 + hashLength;
  if (segment.length < end || !isBase64Url(segment, second + 1, end)) return null;
  const suffix = segment.slice(end);
  if (suffix !== '' && suffixStart(`x${suffix}`) !== 1) return null;
  return { shape: shape as Shape, hash: Buffer.from(segment.slice(second + 1, end), 'base64url'), suffix };
}

function isBase64Url(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index);
    const letter = (code | 32) >= 97 && (code | 32) <= 122;
    if (!letter && !(code >= 48 && code <= 57) && code !== 45 && code !== 95) return false;
  }
  return true;
}

/** The segments of a redacted path, without empty ones. */
export function pathSegments(path: string): string[] {
  const segments: string[] = [];
  for (let index = path.charCodeAt(0) === slash ? 1 : 0; index < path.length; ) {
    let stop = path.indexOf('/', index);
    if (stop < 0) stop = path.length;
    if (stop > index) segments.push(path.slice(index, stop));
    index = stop + 1;
  }
  return segments;
}
