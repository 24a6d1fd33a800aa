import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inPackage } from '../../lib/package-root.ts';
import { openApiDocument, operations } from './openapi.ts';

test('every route of the API is described, and nothing else', () => {
  const source = readFileSync(inPackage('services', 'console', 'api.ts'), 'utf8');
  const routes = [...source.matchAll(/app\.(get|post)(?:<[^(]*>)?\(\s*'(\/api\/v1\/[^']+)'/g)].map(
    ([, method, path]) => `${method} ${path!.replace(/:(\w+)/g, '{$1}')}`,
  );
  expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(routes.sort());
});

test('docs/reference/openapi.json is this document', () => {
  const kept: unknown = JSON.parse(readFileSync(inPackage('docs', 'reference', 'openapi.json'), 'utf8'));
  expect(kept).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});
