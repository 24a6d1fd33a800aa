/** There is no ClickHouse: neither an address nor the embedded engine. */
export class ClickHouseAbsentError extends Error {
  override readonly name = 'ClickHouseAbsentError';
}

/** The data directory of the embedded engine belongs to another process. */
export class ClickHouseLockedError extends Error {
  override readonly name = 'ClickHouseLockedError';
  /** Its process id, as the engine left it in the directory. */
  readonly pid: number;
  constructor(dataDir: string, pid: number, cause: unknown) {
    super(
      `ClickHouse data in ${dataDir} is in use by process ${pid}: ` +
        'one process can open it at a time. Ask that process over its HTTP API, or stop it.',
      { cause },
    );
    this.pid = pid;
  }
}

/** A statement that `untrusted` does not run. */
export class StatementRefusedError extends Error {
  override readonly name = 'StatementRefusedError';
}

/**
 * What a failed call means for the caller.
 * - `rows`: a value can not be stored; trying again is useless, other rows may pass
 * - `query`: the statement itself is wrong or not allowed
 * - `unavailable`: everything else (network, overload, disk full); the same call may succeed later
 */
export type ClickHouseFailure = 'rows' | 'query' | 'unavailable';

/** ClickHouse error codes that name a value: parsing, range, type, enum, constraint. */
const rowCodes = new Set([
  6, 25, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 407, 436, 441, 469, 675, 676, 691,
]);
/** Syntax, unknown names, access, limits of a query. */
const queryCodes = new Set([
  1, 8, 16, 36, 42, 43, 44, 46, 47, 48, 49, 60, 62, 63, 81, 115, 158, 159, 160, 164, 179, 184, 207, 215, 241,
  307, 386, 396, 497,
]);

export function failureOf(error: unknown): ClickHouseFailure {
  if (error instanceof StatementRefusedError) return 'query';
  const code = Number((error as { readonly code?: unknown } | null)?.code);
  if (rowCodes.has(code)) return 'rows';
  if (queryCodes.has(code)) return 'query';
  return 'unavailable';
}
