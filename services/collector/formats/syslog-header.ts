/** `<134>2026-11-16T10:12:04Z host program[123]: `, with or without priority, also with the older time stamp. */
const header =
  /^(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) \S+ [^\s:[]+(?:\[\d+\])?: ?/;

/** The message without a syslog header before it. */
export function afterSyslogHeader(line: string): string {
  const first = line.charCodeAt(0);
  if (first === 123 || first === 91) return line;
  const found = header.exec(line);
  return found === null ? line : line.slice(found[0].length);
}
