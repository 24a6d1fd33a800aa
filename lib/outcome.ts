/** What became of one input: a closed union, so that the compiler checks that every case is handled. */
export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly detail: string };

/** Why an input was set aside; the label values of tidegate_events_rejected_total and of dead letters. */
export type RejectReason = 'malformed' | 'invalid' | 'too_large' | 'late' | 'future' | 'undecodable' | 'bug';

export function ok<T>(value: T): Outcome<T> {
  return { kind: 'ok', value };
}

export function reject(reason: RejectReason, detail: string): Outcome<never> {
  return { kind: 'reject', reason, detail };
}
