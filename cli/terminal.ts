/** What a terminal can show: colour only where it is a terminal, NO_COLOR is honoured, progress only on stderr. */
export interface Terminal {
  readonly colour: boolean;
  /** True when progress may be redrawn in place. */
  readonly interactive: boolean;
  /** Infinity where nobody looks at it: what is piped into something is not broken into lines. */
  readonly columns: number;
}

export function terminalOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  const interactive = stream.isTTY === true && env['TERM'] !== 'dumb';
  const plain = (env['NO_COLOR'] ?? '') !== '';
  const columns = stream.columns ?? Number(env['COLUMNS'] ?? Infinity);
  return { colour: interactive && !plain, interactive, columns: columns > 0 ? columns : Infinity };
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof codes;

export function styled(terminal: Terminal, style: Style, text: string): string {
  return terminal.colour ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly value: (row: Row) => string;
}

/** Aligned columns, two spaces apart, titles in capitals. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.value(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => [...(line[index] ?? '')].length)));
  return cells
    .map((line) =>
      line
        .map((cell, index) => {
          const gap = ' '.repeat(widths[index]! - [...cell].length);
          return columns[index]!.align === 'right' ? gap + cell : cell + gap;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A table where it fits, else what it says of each row in lines of its own: broken rows can not be read. */
export function tableOrBlocks<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly string[] {
  const lines = table(columns, rows).split('\n');
  if (lines.every((line) => widthOf(line) <= width)) return lines;
  const [head, ...others] = columns;
  return rows.flatMap((row) => {
    const cells = others.map((column) => `${column.title.toLowerCase()} ${column.value(row)}`);
    return [head!.value(row), ...packed(cells, width - 2).map((line) => `  ${line}`)];
  });
}

/** As many beside each other as fit; only what is too long by itself is broken. */
function packed(cells: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const cell of cells) {
    const last = lines.at(-1);
    const joined = `${last} · ${cell}`;
    if (last !== undefined && widthOf(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(cell);
  }
  return lines.flatMap((line) => wrapped(line, width));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what styles text begins with one
const styles = /\u001b\[\d+m/g;
const widthOf = (text: string): number => [...text.replaceAll(styles, '')].length;

/** Broken between words to lines of `width`, those that follow indented by `hang` (default: two more than the first). */
export function wrapped(
  text: string,
  width: number,
  hang = text.length - text.trimStart().length + 2,
): readonly string[] {
  if (widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/ *[^ ]+/g) ?? []) {
    if (line.trim() !== '' && widthOf(line + word) > width) {
      lines.push(line);
      line = ' '.repeat(hang) + word.trimStart();
    } else line += word;
  }
  return [...lines, line];
}

/** 1204611 → 1,204,611 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 0.0234 → 2.34 %; keeps small shares visible instead of rounding them to nothing. */
export function percent(share: number | null, digits = 2): string {
  if (share === null || Number.isNaN(share)) return '–';
  const least = 10 ** -digits / 100;
  if (share > 0 && share < least) return `< ${(least * 100).toFixed(digits)} %`;
  return `${(share * 100).toFixed(digits)} %`;
}
