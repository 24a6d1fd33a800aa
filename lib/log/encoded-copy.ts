import { recordType } from '../contracts/codecs.ts';
import type { Outgoing } from './log.ts';

function freeze(value: unknown): void {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return;
  for (const part of Object.values(value)) freeze(part);
  Object.freeze(value);
}

/**
 * What a reader behind a broker would get: the value encoded and decoded again, and frozen so that a reader that
 * changes it fails.
 */
export function encodedCopy(record: Outgoing): Outgoing['value'] {
  const type = recordType(record.type);
  const value = type.fromBuffer(type.toBuffer(record.value)) as Outgoing['value'];
  freeze(value);
  return value;
}
