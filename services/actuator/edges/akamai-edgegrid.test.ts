import { expect, test } from 'vitest';
import { edgeGridAuthorization } from './akamai-edgegrid.ts';

const credential = {
  client_token: 'akab-client-token-xxx-xxxxxxxxxxxxxxxx',
  access_token: 'akab-access-token-xxx-xxxxxxxxxxxxxxxx',
  client_secret: 'SOMESECRET+with/base64characters0123456789A=',
};
const longBody = JSON.stringify({
  append: Array.from({ length: 6000 }, (_, index) => ({ value: `20.0.${index >> 8}.${index & 255}` })),
});

/** Signatures computed with the npm package akamai-edgegrid 4.0.4 (`generateAuth`) for these very inputs. */
test.each([
  ['GET', '/client-list/v1/lists/1_AB?includeItems=true', '', 'wlt8cF7gjerBEPK2JKD84d8PpIvnI9W3ljnJ3fjRHbk='],
  [
    'POST',
    '/client-list/v1/lists/1_AB/items',
    '{"append":[{"value":"203.0.113.1"}]}',
    'ehWOaYNxIqRMTksg8KQyOVTrKaic0txbC2g3hhYkEjo=',
  ],
  [
    'PUT',
    '/network-list/v2/network-lists/1_AB',
    '{"list":[]}',
    'q67Vr/c0XfBXX+0dvkVSmc8HhA0Gez1DBc8h+WUd8RA=',
  ],
  ['POST', '/client-list/v1/lists/1_AB/items', longBody, 'lJ8RT3cYzUrmoNXorb51aBplBAfFbifkowzD7mX1Ssg='],
])('%s %s is signed as Akamai’s own client signs it', (method, path, body, signature) => {
  const header = edgeGridAuthorization(
    { method, url: new URL(`https://akab-host-xxxxxxxxxxxxxxxx.luna.akamaiapis.net${path}`), body },
    credential,
    Date.UTC(2026, 10, 26),
    '6d5e5b1c-9a4f-4f5e-8e63-1d9a0b6b8f11',
  );
  expect(header).toBe(
    'EG1-HMAC-SHA256 client_token=akab-client-token-xxx-xxxxxxxxxxxxxxxx;' +
      'access_token=akab-access-token-xxx-xxxxxxxxxxxxxxxx;timestamp=20261126T00:00:00+0000;' +
      `nonce=6d5e5b1c-9a4f-4f5e-8e63-1d9a0b6b8f11;signature=${signature}`,
  );
});
