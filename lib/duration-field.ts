import { z } from 'zod';
import { parseDuration } from './duration.ts';

const durationText = (text: string, context: z.RefinementCtx): number => {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  context.addIssue({
    code: 'custom',
    message: `not a duration: ${JSON.stringify(text)} (use 500ms, 5s, 1h30m, 14d)`,
  });
  return z.NEVER;
};

/** Config field for a duration: text in, milliseconds out. `durationField('1s')` sets a default. */
export function durationField(fallback: string) {
  return z.string().default(fallback).transform(durationText);
}

/** The same without a default: left out it is undefined. */
export function optionalDurationField() {
  return z.string().transform(durationText).optional();
}
