/** Longest field kept: lists on the net hold single fields of a megabyte. */
const fieldLimit = 4096;

/** Splits one CSV line (RFC 4180 quoting, spaces around fields trimmed). An unclosed quote ends at the line's end. */
export function csvFields(line: string): string[] {
  if (!line.includes('"')) return line.split(',').map((field) => field.trim().slice(0, fieldLimit));
  const fields: string[] = [];
  let index = 0;
  while (index <= line.length) {
    while (line[index] === ' ') index++;
    let field = '';
    if (line[index] === '"') {
      for (index++; index < line.length; index++) {
        if (line[index] !== '"') field += line[index];
        else if (line[index + 1] === '"') {
          field += '"';
          index++;
        } else break;
      }
      const comma = line.indexOf(',', index);
      index = comma < 0 ? line.length + 1 : comma + 1;
    } else {
      const comma = line.indexOf(',', index);
      const end = comma < 0 ? line.length : comma;
      field = line.slice(index, end).trim();
      index = end + 1;
    }
    fields.push(field.slice(0, fieldLimit));
  }
  return fields;
}

/** Calls back for every line that is not empty, without its line end, from UTF-8 bytes of any size. */
export function forEachLine(bytes: Buffer, onLine: (line: string) => void): void {
  forEachLineOf(bytes, (from, to) => onLine(bytes.toString('utf8', from, to)));
}

/** As `forEachLine`, with the place of the line in `bytes`: for readers that need no text of most lines. */
export function forEachLineOf(bytes: Buffer, onLine: (from: number, to: number) => void): void {
  let from = 0;
  while (from < bytes.length) {
    // By hand: lines are so short that a call of indexOf costs more.
    let to = from;
    while (to < bytes.length && bytes[to] !== 10) to++;
    const end = to > from && bytes[to - 1] === 13 ? to - 1 : to;
    if (end > from) onLine(from, end);
    from = to + 1;
  }
}
