import type { Terminal } from './terminal.ts';

const redrawMs = 200;

/** One line that is redrawn a few times a second while something goes on; silent where the stream is no terminal. */
export interface StatusLine {
  /** `text` is called when it is time to draw. */
  update(text: (now: number) => string): void;
  clear(): void;
}

export function createStatusLine(stream: NodeJS.WriteStream, terminal: Terminal): StatusLine {
  let drawnAt = -Infinity;
  let drawn = false;
  return {
    update(text) {
      const now = performance.now();
      if (!terminal.interactive || now - drawnAt < redrawMs) return;
      drawnAt = now;
      drawn = true;
      stream.write(`\r\u001b[K ${text(now)}`);
    },
    clear() {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
}
