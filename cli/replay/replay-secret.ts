import { createHash } from 'node:crypto';
import type { RootConfig } from '../config.ts';

/**
 * Without a configured secret replay uses a fixed one, so that the same log gives the same ids on every machine. It
 * keys tables that live as long as the run.
 */
export function replaySecret(config: RootConfig): Buffer {
  return config.secret === undefined
    ? createHash('sha256').update('tidegate replay').digest()
    : Buffer.from(config.secret, 'utf8');
}
