import { compileLayout, parseLine } from './access-log.ts';
import type { FormatDefinition } from './format.ts';
import { createVariableTakers } from './variables.ts';

const commonFormat = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent';

/** The Common Log Format: combined without referer and user agent. */
export const common: FormatDefinition = {
  name: 'common',
  create: ({ fields }) => {
    const layout = compileLayout(commonFormat, createVariableTakers(fields));
    return {
      name: 'common',
      title: 'Common Log Format',
      latenessMs: 5000,
      parse: (line) => parseLine(layout, line),
    };
  },
};
