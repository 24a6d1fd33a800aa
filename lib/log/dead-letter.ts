import type { DeadLetter } from '../contracts/generated.ts';
import { stableId } from '../ids.ts';
import type { Outgoing } from './log.ts';

/** Longest masked original kept; what is longer is cut, `original_bytes` tells the true size. */
const originalLimit = 4096;
const detailLimit = 1000;

/** For records whose site cannot be known. */
export const unknownSite = 'default';

/**
 * Replaces what could identify or authenticate someone by `<length>` and keeps the structure: every run of token
 * characters that has a digit (four or more characters), that is longer than 15, that is percent-encoded or an address,
 * or that is a value (after `=`, or quoted after `:`). Words, punctuation and names of fields stay.
 */
export function maskOriginal(text: string): string {
  const cut = text.length > originalLimit ? text.slice(0, originalLimit) : text;
  return cut
    .replace(/(=)([^\s&"';,)}\]<>]+)/g, (_, sign: string, value: string) => `${sign}<${value.length}>`)
    .replace(/(":\s*")((?:[^"\\]|\\.)*)/g, (_, before: string, value: string) =>
      value === '' ? before : `${before}<${value.length}>`,
    )
    .replace(/[\p{L}\p{N}_+~.%@-]{4,}/gu, (run) =>
      run.length > 15 || /[\p{N}%@]/u.test(run) ? `<${run.length}>` : run,
    );
}

/** A dead letter for an input that stood at `position` of `source_id`. The same input gives the same id. */
export function makeDeadLetter(input: {
  /** Step that refused it: `collector`, `enricher`, ... */
  readonly step: string;
  readonly site: string;
  readonly sourceId: string;
  /** file:line, body index, or topic[partition]@offset */
  readonly position: string;
  readonly reason: string;
  readonly detail: string;
  /** As received; it is masked here. */
  readonly original: string | Uint8Array;
  /** Epoch ms. */
  readonly at: number;
}): DeadLetter {
  const bytes = typeof input.original === 'string' ? null : input.original;
  const text =
    bytes === null
      ? (input.original as string)
      : Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, originalLimit)).toString('utf8');
  return {
    dead_letter_id: stableId('dead-letter', input.site, input.step, input.sourceId, input.position),
    at: input.at,
    step: input.step,
    site: input.site,
    source_id: input.sourceId,
    position: input.position,
    reason: input.reason,
    detail: input.detail.slice(0, detailLimit),
    original: maskOriginal(text),
    original_bytes: bytes === null ? Buffer.byteLength(text) : bytes.length,
  };
}

/** The record that carries it. */
export function deadLetterRecord(value: DeadLetter): Outgoing<'dead-letters'> {
  return { topic: 'dead-letters', key: value.source_id, type: 'DeadLetter', value };
}
