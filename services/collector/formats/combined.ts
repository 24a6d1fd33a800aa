import { compileLayout, parseLine } from './access-log.ts';
import type { FormatDefinition } from './format.ts';
import { createVariableTakers } from './variables.ts';

const combinedFormat =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/**
 * nginx and Apache combined, or what `log_format` says. Lines are written when a request ends (nginx, stamped then) or
 * stamped when it began (Apache), and workers may buffer: so they stand a few seconds out of order.
 */
export const combined: FormatDefinition = {
  name: 'combined',
  create: ({ log_format, fields }) => {
    const layout = compileLayout(log_format ?? combinedFormat, createVariableTakers(fields));
    const extra = layout.fields.slice(9).map(({ name }) => `"$${name}"`);
    return {
      name: 'combined',
      title:
        log_format === undefined ? 'nginx/Apache combined' : `nginx log_format ${extra.join(' ')}`.trim(),
      latenessMs: 5000,
      parse: (line) => parseLine(layout, line),
    };
  },
};
