import { readFileSync } from 'node:fs';
import { inPackage } from './package-root.ts';

/** Arguments for node that run the built `tidegate` as its first line says: with the flags that stand there. */
export function builtCommand(): string[] {
  const main = inPackage('dist', 'bin', 'tidegate.js');
  const [first = ''] = readFileSync(main, 'utf8').split('\n', 1);
  return [...first.split(' ').filter((word) => word.startsWith('--')), main];
}
