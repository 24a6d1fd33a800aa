import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTokenProvider } from './kafka-client.ts';

test('a token is given, read anew from a file, or fetched and reused', async () => {
  expect(await createTokenProvider({ kind: 'static', value: 'abc' })()).toEqual({ value: 'abc' });

  const folder = await mkdtemp(join(tmpdir(), 'tidegate-token-'));
  const path = join(folder, 'token');
  await writeFile(path, 'one\n');
  const fromFile = createTokenProvider({ kind: 'file', path });
  expect((await fromFile()).value).toBe('one');
  await writeFile(path, 'two\n');
  expect((await fromFile()).value).toBe('two');
  await rm(folder, { recursive: true });

  const requests: { authorization: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      requests.push({ authorization: request.headers.authorization, body });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: `t${requests.length}`, expires_in: 3600 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fetched = createTokenProvider({
    kind: 'client_credentials',
    token_url: `http://127.0.0.1:${port}/token`,
    client_id: 'id',
    client_secret: 's:x',
    scope: 'kafka',
  });
  expect((await fetched()).value).toBe('t1');
  expect((await fetched()).value).toBe('t1');
  expect(requests).toEqual([
    {
      authorization: `Basic ${Buffer.from('id:s%3Ax').toString('base64')}`,
      body: 'grant_type=client_credentials&scope=kafka',
    },
  ]);
  await new Promise((resolve) => server.close(resolve));
});
