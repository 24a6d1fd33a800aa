import { createStatusLine } from '../status-line.ts';
import { count, type Terminal } from '../terminal.ts';

export interface Progress {
  readonly lines: number;
  readonly bytes: number;
  readonly totalBytes: number | null;
}

/** How far files are read, as a status line. */
export function createProgressBar(stream: NodeJS.WriteStream, terminal: Terminal) {
  const started = performance.now();
  const line = createStatusLine(stream, terminal);
  const draw = (progress: Progress, now: number): string => {
    const seconds = (now - started) / 1000;
    const share =
      progress.totalBytes === null || progress.totalBytes === 0 ? null : progress.bytes / progress.totalBytes;
    const width = 36;
    const filled = Math.round((share ?? 0) * width);
    const bar =
      share === null
        ? ''
        : `${'█'.repeat(filled)}${'·'.repeat(width - filled)} ${Math.floor(share * 100)} %   `;
    const rate = seconds > 0.5 ? `   ${count(progress.lines / seconds)}/s` : '';
    return `${bar}${count(progress.lines)} lines${rate}`;
  };
  return {
    update: (progress: Progress): void => line.update((now) => draw(progress, now)),
    clear: line.clear,
  };
}
