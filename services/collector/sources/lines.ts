import { isAscii } from 'node:buffer';

/**
 * Receives complete lines, without their end. Empty lines are not reported. During a call the splitter's `offset` and
 * `lineNumber` are those of the line.
 */
export interface LineSink {
  line(text: string): void;
  /** A line longer than the limit: its first bytes, and its length once it ended. */
  tooLong(start: Buffer, length: number): void;
}

export interface LineSplitter {
  feed(chunk: Buffer): void;
  /** The input has ended: a last line without line end is a line. */
  end(): void;
  /** Where the first line starts that was not reported yet: a reader that goes on here loses nothing. */
  readonly offset: number;
  readonly lineNumber: number;
}

const newline = 10;
const keptOfTooLong = 1024;

/**
 * Cuts a byte stream into lines. UTF-8, invalid bytes become U+FFFD (so that a client can not hide a request by one
 * bad byte). Holds at most `maxBytes` of an unfinished line.
 */
export function createLineSplitter(
  sink: LineSink,
  options: { readonly maxBytes: number; readonly offset?: number; readonly lineNumber?: number },
): LineSplitter {
  let carry: Buffer[] = [];
  let carried = 0;
  /** Length of a line that is too long and not yet ended; its start stays in `carry`. */
  let skipped = 0;
  let offset = options.offset ?? 0;
  let lineNumber = options.lineNumber ?? 1;

  const emit = (bytes: Buffer, from: number, to: number, ascii: boolean): void => {
    const length = to - from;
    let end = to > from && bytes[to - 1] === 13 ? to - 1 : to;
    let start = from;
    if (offset === 0 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf)
      start += 3;
    if (end < start) end = start;
    if (length > options.maxBytes) {
      sink.tooLong(bytes.subarray(from, from + keptOfTooLong), length);
    } else if (end > start) {
      const text = bytes.toString(ascii ? 'latin1' : 'utf8', start, end);
      sink.line(text);
    }
    offset += length + 1;
    lineNumber++;
  };

  const finishCarry = (tail: Buffer): void => {
    if (skipped > 0) {
      const length = skipped + tail.length;
      sink.tooLong(Buffer.concat(carry).subarray(0, keptOfTooLong), length);
      offset += length + 1;
      lineNumber++;
      skipped = 0;
    } else {
      const whole = Buffer.concat([...carry, tail]);
      emit(whole, 0, whole.length, false);
    }
    carry = [];
    carried = 0;
  };

  return {
    feed: (chunk) => {
      let from = 0;
      let to = chunk.indexOf(newline);
      if (to >= 0 && (carried > 0 || skipped > 0)) {
        finishCarry(chunk.subarray(0, to));
        from = to + 1;
        to = chunk.indexOf(newline, from);
      }
      if (to >= 0) {
        const ascii = isAscii(chunk);
        for (; to >= 0; to = chunk.indexOf(newline, from)) {
          emit(chunk, from, to, ascii);
          from = to + 1;
        }
      }
      const rest = chunk.length - from;
      if (rest === 0) return;
      if (skipped > 0) skipped += rest;
      else if (carried + rest > options.maxBytes) {
        carry = [
          Buffer.concat([...carry, chunk.subarray(from, from + keptOfTooLong)]).subarray(0, keptOfTooLong),
        ];
        skipped = carried + rest;
        carried = 0;
      } else {
        // A copy: the chunk may be large, and what waits for the rest of its line should not hold it.
        carry.push(Buffer.from(chunk.subarray(from)));
        carried += rest;
      }
    },
    end: () => {
      if (carried > 0 || skipped > 0) {
        finishCarry(Buffer.alloc(0));
        offset--; // there was no line end
      }
    },
    get offset() {
      return offset;
    },
    get lineNumber() {
      return lineNumber;
    },
  };
}
