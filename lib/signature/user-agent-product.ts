/**
 * The first product of a user agent with its version, as RFC 9110 (10.1.5) has it: `Shop/8.1.0` of
 * `Shop/8.1.0 (iPhone; iOS 18.1)`. What an app says of itself without the device that it runs on: a release, or a tool that
 * imitates one, has few of them, be its devices ever so many. null: the agent does not begin with one.
 */
export function productOf(userAgent: string): string | null {
  const end = userAgent.indexOf(' ');
  if (end < 0) return userAgent === '' ? null : userAgent;
  return end === 0 ? null : userAgent.slice(0, end);
}

/** Whether any user agent has it. */
export const isProduct = (value: string): boolean => value !== '' && productOf(value) === value;
