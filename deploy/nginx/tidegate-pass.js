// Checks signed passes (docs/howto/passes.md) in nginx, with njs 0.7.9 or newer. Variables it reads:
//   $tidegate_pass_keys    `kid:secret kid:secret ...`, every key that may have signed
//   $tidegate_pass_token   the pass of the request, from the cookie or the header
//   $tidegate_pass_client  the values of the headers that passes are bound to, joined by line feeds
//   $tidegate_pass_network what passes are bound to besides; empty: nothing
// It answers `ID |word|word|`, or `!` and the reason why the pass is none (lib/pass/token.ts, which signs them).
// njs is not all of JavaScript: no destructuring, no classes.
// biome-ignore lint/style/useNodejsImportProtocol: njs knows the module by this name only.
import crypto from 'crypto';

const longestToken = 1024;
const skewSeconds = 60;

function secretOf(keys, kid) {
  const found = keys.split(' ').filter((key) => key.split(':')[0] === kid);
  return found.length === 0 ? null : found[0].split(':')[1];
}

function decode(part) {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString());
    return value !== null && typeof value === 'object' ? value : null;
  } catch (_error) {
    return null;
  }
}

// Takes the same time wherever they differ.
function isSame(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

function isTime(value) {
  return typeof value === 'number' && value % 1 === 0;
}

function areClaims(claims) {
  return (
    claims !== null &&
    claims.iss === 'tidegate' &&
    isTime(claims.iat) &&
    isTime(claims.exp) &&
    typeof claims.jti === 'string' &&
    /^[\w-]{16,32}$/.test(claims.jti) &&
    typeof claims.st === 'string' &&
    /^\|(?:[a-z_]+\|)*$/.test(claims.st) &&
    typeof claims.fp === 'string'
  );
}

function judge(r, at) {
  const variables = r.variables;
  const token = variables.tidegate_pass_token;
  if (token === undefined || token === '') return '!absent';
  if (token.length > longestToken) return '!malformed';
  const parts = token.split('.');
  if (parts.length !== 3) return '!malformed';
  const header = decode(parts[0]);
  if (header === null) return '!malformed';
  if (header.alg !== 'HS256') return '!algorithm';
  const secret = typeof header.kid === 'string' ? secretOf(variables.tidegate_pass_keys, header.kid) : null;
  if (secret === null || secret === undefined || secret.length < 43) return '!unknown_key';
  const expected = crypto.createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest('base64url');
  if (!isSame(expected, parts[2])) return '!signature';
  const claims = decode(parts[1]);
  if (!areClaims(claims)) return '!claims';
  const second = at / 1000;
  if (second >= claims.exp) return '!expired';
  if (second < claims.iat - skewSeconds) return '!not_yet';
  // As a Buffer: a header need not be UTF-8.
  const client = crypto.createHash('sha256').update(r.rawVariables.tidegate_pass_client).digest('base64url');
  if (claims.fp !== client.slice(0, 16)) return '!other_client';
  const network = variables.tidegate_pass_network;
  if (network !== undefined && network !== '' && claims.net !== network) return '!other_network';
  return `${claims.jti} ${claims.st}`;
}

function check(r) {
  try {
    return judge(r, Date.now());
  } catch (error) {
    r.error(`tidegate: a pass could not be checked: ${error.message}`);
    return '!error';
  }
}

export default { check };
