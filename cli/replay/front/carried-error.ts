import { ConfigError } from '../../../lib/config.ts';
import type { CarriedError } from './messages.ts';

export function carryError(error: unknown): CarriedError {
  const { name, message, stack, code, problems } = error as Error & {
    readonly code?: unknown;
    readonly problems?: readonly string[];
  };
  return {
    name: name ?? 'Error',
    message: message ?? String(error),
    code: typeof code === 'string' ? code : null,
    stack: stack ?? null,
    problems: problems ?? null,
  };
}

export function carriedError(carried: CarriedError): Error {
  if (carried.problems !== null) return new ConfigError(carried.problems);
  const error = Object.assign(new Error(carried.message), { name: carried.name });
  if (carried.code !== null) Object.assign(error, { code: carried.code });
  if (carried.stack !== null) error.stack = carried.stack;
  return error;
}
