import { hash } from 'node:crypto';
import { base32Text } from './base32-text.ts';

/**
 * Ids of events that bring none: `evt_` and base32 of 16 bytes of SHA-256(source 0 position 0 content). The same
 * content at the same position of the same source is the same event, also after a crash or when it is sent again.
 */
export function deriveEventId(source: string, position: number, content: string): string {
  const digest = hash('sha256', `${source}\0${position}\0${content}`, 'binary');
  return base32Text('evt_', digest);
}
