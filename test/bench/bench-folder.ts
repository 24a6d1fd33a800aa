import { mkdirSync } from 'node:fs';
import { inPackage } from '../../lib/package-root.ts';

/** Where benchmarks keep generated input and state, created; never committed. */
export function benchFolder(): string {
  const folder = inPackage('.tidegate', 'bench');
  mkdirSync(folder, { recursive: true });
  return folder;
}
