import type { Signature } from '../../../lib/contracts/generated.ts';
import { guessFunction } from '../../../lib/path/endpoint-function.ts';
import { valuesNamed } from '../../../lib/signature/signature.ts';
import { anyPage, asksNoMoreThanPage, goodAfter, requiredBits } from '../../../lib/signature/standing.ts';

/**
 * The pattern (PCRE) that finds, in the words of a pass (`|cart|content|several|`, lib/pass/token.ts), that its client is
 * good enough for a signature that spares the good. It is `meets` of lib/signature/standing.ts for edges.
 *
 * The part of the request itself never counts. An edge knows it by the endpoints that the signature names; where it
 * names none, one of two words is of another part.
 */
export function goodPattern(signature: Signature): string {
  const required = requiredBits(signature.good_after);
  const own = ownParts(signature);
  const patterns = ['\\|history\\|'];
  const isOwn = (name: string): boolean => own !== null && own.length === 1 && own[0] === name;
  if (asksNoMoreThanPage(required))
    patterns.push(own === null ? '\\|[a-z]+\\|[a-z]+\\|' : `\\|(?!(?:${own.join('|')})\\|)[a-z]+\\|`);
  const telling = goodAfter(required).filter((name) => name !== anyPage && !isOwn(name));
  if (telling.length > 0) patterns.push(`\\|(?:${telling.join('|')})\\|`);
  return patterns.map((pattern) => `(?:${pattern})`).join('|');
}

/** Functions of the endpoints that the signature names, sorted; null: it names none. */
function ownParts(signature: Signature): readonly string[] | null {
  const endpoints = valuesNamed(signature, 'endpoint');
  if (endpoints === null) return null;
  const found = endpoints.map((endpoint) => {
    const blank = endpoint.indexOf(' ');
    return guessFunction(endpoint.slice(0, blank), endpoint.slice(blank + 1));
  });
  return [...new Set(found)].sort();
}
