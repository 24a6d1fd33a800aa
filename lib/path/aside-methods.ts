/**
 * Methods of requests that browsers, caches and tools send on behalf of another one, such as a preflight before a payment:
 * who sends one has read no page, and its endpoint is worth no row of its own.
 */
export const asideMethods: ReadonlySet<string> = new Set(['OPTIONS', 'HEAD', 'CONNECT', 'TRACE']);
