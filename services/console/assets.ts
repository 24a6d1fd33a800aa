import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { inPackage } from '../../lib/package-root.ts';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Every file of the page by its path, read once: nothing else on the disk can be asked for. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  const add = (path: string, file: string): void => {
    const type = types[extname(file)];
    if (type !== undefined) assets.set(path, { type, body: readFileSync(file) });
  };
  const folder = inPackage('services', 'console', 'public');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const file = join(entry.parentPath, entry.name);
      add(file.slice(folder.length).replaceAll('\\', '/'), file);
    }
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  add('/vendor/uplot.js', join(uplot, 'uPlot.esm.js'));
  add('/vendor/uplot.css', join(uplot, 'uPlot.min.css'));
  const page = assets.get('/index.html');
  if (page === undefined) throw new Error(`the console's page is missing in ${folder}`);
  assets.set('/', page);
  return assets;
}
