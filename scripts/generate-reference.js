// Writes the pages of docs/reference that are made from the code. Build first: the pages come from dist.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../dist/services/console/openapi.js';
import { referencePages } from '../dist/services/detector/reference-pages.js';

const pages = [...referencePages(), ['openapi.json', `${JSON.stringify(openApiDocument(), null, 2)}\n`]];
for (const [name, text] of pages) {
  const path = fileURLToPath(new URL(`../docs/reference/${name}`, import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
