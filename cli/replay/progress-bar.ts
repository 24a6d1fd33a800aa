import { count, type Terminal } from '../terminal.ts';

export interface Progress {
  readonly lines: number;
  readonly bytes: number;
  readonly totalBytes: number | null;
}

/** One line on stderr, redrawn a few times a second; silent where stderr is no terminal. */
export function createProgressBar(stream: NodeJS.WriteStream, terminal: Terminal) {
  const started = performance.now();
  let drawnAt = -Infinity;
  let drawn = false;
  return {
    update(progress: Progress): void {
      const now = performance.now();
      if (!terminal.interactive || now - drawnAt < 200) return;
      drawnAt = now;
      drawn = true;
      const seconds = (now - started) / 1000;
      const share =
        progress.totalBytes === null || progress.totalBytes === 0
          ? null
          : progress.bytes / progress.totalBytes;
      const width = 36;
      const filled = Math.round((share ?? 0) * width);
      const bar =
        share === null
          ? ''
          : `${'█'.repeat(filled)}${'·'.repeat(width - filled)} ${Math.floor(share * 100)} %   `;
      const rate = seconds > 0.5 ? `   ${count(progress.lines / seconds)}/s` : '';
      stream.write(`\r\u001b[K ${bar}${count(progress.lines)} lines${rate}`);
    },
    clear(): void {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
}
