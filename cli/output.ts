import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { table } from './terminal.ts';

export type OutputFormat = 'table' | 'json' | 'ndjson' | 'yaml' | 'csv';
type Row = { readonly [column: string]: unknown };

/** `-o table|json|ndjson|yaml|csv` and `--json`, the same on every command that lists something. */
export function withOutput(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['table', 'json', 'ndjson', 'yaml', 'csv'])
        .default('table'),
    )
    .option('--json', 'the same as -o json');
}

export function outputFormat(options: { readonly output?: string; readonly json?: boolean }): OutputFormat {
  return options.json === true ? 'json' : ((options.output ?? 'table') as OutputFormat);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function csvCell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Rows in the format asked for, ending in a newline. Columns are those of the first row. */
export function renderRows(rows: readonly Row[], format: OutputFormat): string {
  const columns = Object.keys(rows[0] ?? {});
  switch (format) {
    case 'json':
      return `${JSON.stringify(rows, null, 2)}\n`;
    case 'ndjson':
      return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    case 'yaml':
      return stringify(rows);
    case 'csv':
      return [columns, ...rows.map((row) => columns.map((column) => text(row[column])))]
        .map((line) => `${line.map(csvCell).join(',')}\n`)
        .join('');
    case 'table':
      if (rows.length === 0) return 'no rows\n';
      return `${table(
        columns.map((column) => ({
          title: column.toUpperCase(),
          align: typeof rows[0]![column] === 'number' ? ('right' as const) : ('left' as const),
          value: (row: Row) => text(row[column]).slice(0, 120),
        })),
        rows,
      )}\n`;
  }
}
