import type { HeaderValue } from './binding.ts';

/** Where clients carry their pass. */
export interface TokenNames {
  /** Name of the cookie. */
  readonly cookie?: string;
  /** Name of the header, in lower case: what stands there comes before the cookie. */
  readonly header?: string;
}

export const tokenNames = { cookie: 'tidegate_pass', header: 'tidegate-pass' } as const;

/** Finds the text of a pass among the headers of a request; whoever checks passes asks here. Throws on odd names. */
export function createTokenReader({
  cookie = tokenNames.cookie,
  header = tokenNames.header,
}: TokenNames = {}): (headers: { readonly [name: string]: HeaderValue }) => string | undefined {
  if (!/^[\w-]+$/.test(cookie) || !/^[a-z0-9-]+$/.test(header))
    throw new Error('passes: cookie and header are names of a-z, 0-9, _ and -; a header is in lower case');
  const pattern = new RegExp(`(?:^|;)\\s*${cookie}=([^;]*)`);
  return (headers) => {
    const own = headers[header];
    if (typeof own === 'string' && own !== '') return own;
    const cookies = headers['cookie'];
    return typeof cookies === 'string' ? pattern.exec(cookies)?.[1]?.trim() : undefined;
  };
}
