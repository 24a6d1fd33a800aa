import type { Row, UntrustedResult } from './clickhouse.ts';

/** Format JSON. */
export interface JsonResult {
  readonly meta?: readonly { readonly name: string; readonly type: string }[];
  readonly data: readonly Row[];
}

/** Cuts to the limit; the engine was asked for one row more, to tell a full answer from a cut one. */
export function untrustedResult(answer: JsonResult, maxRows: number, elapsedMs: number): UntrustedResult {
  return {
    columns: answer.meta ?? [],
    rows: answer.data.length > maxRows ? answer.data.slice(0, maxRows) : answer.data,
    truncated: answer.data.length > maxRows,
    elapsedMs,
  };
}
