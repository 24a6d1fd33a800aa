import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inPackage } from '../../lib/package-root.ts';
import { formatConfig } from '../../services/collector/config.ts';
import { combined } from '../../services/collector/formats/combined.ts';
import { adviceFor } from './visibility.ts';

const head = '$remote_addr [$time_local] "$request" $status';
const lineHead = '203.0.113.9 [16/Nov/2026:10:12:04 +0100] "GET / HTTP/2.0" 200';

/** The request of a line in which these variables follow, each with a value of its own. */
function read(variables: readonly string[]): { readonly [field: string]: unknown } {
  const layout = `${head} ${variables.map((name) => `"$${name}"`).join(' ')}`;
  const format = combined.create(formatConfig.parse({ log_format: layout }));
  const outcome = format.parse(`${lineHead} ${variables.map((name) => `"v=${name}"`).join(' ')}`);
  if (outcome.kind === 'reject') throw new Error(`${layout}: ${outcome.reason}`);
  return outcome.value as unknown as { readonly [field: string]: unknown };
}

const advised = adviceFor.flatMap(({ how, fields }) =>
  [...how.matchAll(/\$(\w+)/g)].map(([, variable]) => ({ variable: variable!, fields })),
);

test('there is something to read', () => {
  expect(advised.length).toBeGreaterThan(5);
});

test.each(advised)('$$variable, which replay advises to log, is read', ({ variable, fields }) => {
  const request = read([variable]);
  expect(fields.map((field) => request[field] ?? null)).not.toEqual(fields.map(() => null));
});

test('what the log_format of the how-to says of the caller is read', () => {
  const text = readFileSync(inPackage('docs/howto/log-formats.md'), 'utf8');
  const layout = /log_format tidegate ([\s\S]*?);\n```/.exec(text)?.[1] ?? '';
  const variables = [...layout.matchAll(/\$(\w+)/g)].map(([, name]) => name!);
  expect(variables).toContain('http_x_partner_id');
  const request = read(['http_x_partner_id', 'cookie_sid', 'http_accept_language', 'http_cookie']);
  expect(request).toMatchObject({
    partner_id: 'v=http_x_partner_id',
    session_id: 'v=cookie_sid',
    accept_language: 'v=http_accept_language',
    cookie_count: 1,
  });
});
