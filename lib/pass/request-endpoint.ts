/** `/products/:id` of a router as `/products/{id}`, as the detector writes templates; null: there is no such route. */
export function braced(route: unknown): string | null {
  if (typeof route !== 'string' || route === '' || route.includes('*')) return null;
  return route.replace(/:(\w+)(?:\([^)]*\))?\??/g, '{$1}');
}

export function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/** The text of a Cache-Control header, as response objects give it. */
export function cacheControlOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
