import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inPackage } from '../lib/package-root.ts';
import { referencePages } from '../services/detector/reference-pages.ts';

test.each([...referencePages()])(
  'docs/reference/%s is what the code says (npm run reference)',
  (name, text) => {
    const path = inPackage('docs', 'reference', name);
    expect(existsSync(path) ? readFileSync(path, 'utf8') : null).toBe(text);
  },
);
