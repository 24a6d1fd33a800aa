import { createHash, timingSafeEqual } from 'node:crypto';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether an Authorization header carries one of the tokens. Takes as long for a wrong token as for a right one. */
export function createTokenCheck(tokens: readonly string[]): (header: string | undefined) => boolean {
  const digests = tokens.map((token) =>
    /^sha256:[0-9a-f]{64}$/i.test(token) ? Buffer.from(token.slice(7), 'hex') : sha256(token),
  );
  return (header) => {
    const match = /^bearer +(\S+)$/i.exec(header ?? '');
    const given = sha256(match?.[1] ?? '');
    let found = false;
    for (const digest of digests) found = timingSafeEqual(digest, given) || found;
    return found && match !== null;
  };
}
