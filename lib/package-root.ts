import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder that holds package.json: the same files (schemas, policies, data) serve src and dist. */
export const packageRoot: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('tidegate: package.json not found above its own code');
    folder = parent;
  }
  return folder;
})();

/** A path inside the package, for example `inPackage('policies')`. */
export function inPackage(...parts: string[]): string {
  return join(packageRoot, ...parts);
}
