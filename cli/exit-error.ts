/** 0 done, 1 failed or there are differences, 2 usage or configuration, 3 unreadable input, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

/** Ends the command with a message for people and an exit code; no stack is shown. */
export class ExitError extends Error {
  readonly code: ExitCode;
  constructor(code: ExitCode, message: string) {
    super(message);
    this.name = 'ExitError';
    this.code = code;
  }
}
