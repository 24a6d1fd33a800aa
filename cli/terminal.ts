/** What a terminal can show: colour only where it is a terminal, NO_COLOR is honoured, progress only on stderr. */
export interface Terminal {
  readonly colour: boolean;
  /** True when progress may be redrawn in place. */
  readonly interactive: boolean;
  readonly columns: number;
}

export function terminalOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  const interactive = stream.isTTY === true && env['TERM'] !== 'dumb';
  const plain = (env['NO_COLOR'] ?? '') !== '';
  return { colour: interactive && !plain, interactive, columns: stream.columns ?? 100 };
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
