import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { freePort, until } from '../../test/counterparts/free-port.ts';
import { findHaproxy } from '../../test/counterparts/haproxy.ts';
import { type RunningProcess, startProcess } from '../../test/counterparts/process.ts';
import { packageRoot } from '../package-root.ts';
import { partBit } from '../signature/standing.ts';
import { fingerprintOf } from './binding.ts';
import { freshToken, passKey } from './pass.test-fixture.ts';
import type { Pass } from './token.ts';

const missing = requireCounterpart('haproxy', findHaproxy());

describe.skipIf(missing !== null)('passes at a real HAProxy, without code of ours', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-haproxy-pass-'));
  let url: string;
  let haproxy: RunningProcess;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const lines = readFileSync(join(packageRoot, 'deploy/haproxy/tidegate-pass.cfg'), 'utf8');
    writeFileSync(
      join(dir, 'haproxy.cfg'),
      `defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend web
    bind 127.0.0.1:${port}
${lines.replace('SECRET', passKey().secret)}
    http-request deny if { path /payment } !{ var(txn.tidegate_standing) -m sub |cart| }
    http-request return status 200 content-type text/plain lf-string "%[var(txn.tidegate_pass_id)] %[var(txn.tidegate_standing)]"
`,
    );
    haproxy = startProcess(findHaproxy()!, ['-db', '-f', join(dir, 'haproxy.cfg')], { cwd: dir });
    await until('haproxy answers', async () => {
      if (haproxy.child.exitCode !== null) throw new Error(haproxy.output());
      await (await fetch(url)).arrayBuffer();
      return true;
    });
  });
  afterAll(async () => {
    await haproxy?.stop('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  const now = Math.floor(Date.now() / 1000);
  const token = (more: Partial<Pass> = {}, by = passKey()) => freshToken('Firefox', more, by);
  async function show(headers: { readonly [name: string]: string }, path = '/') {
    const response = await fetch(url + path, { headers: { 'user-agent': 'Firefox', ...headers } });
    const text = await response.text();
    return response.status === 200 ? text : response.status;
  }

  test('one that holds leaves its words, from the cookie or the header', async () => {
    const good = token();
    const said = 'abcdefghijklmnopqrst |cart|content|';
    expect(await show({ cookie: `a=b; tidegate_pass=${good}` })).toBe(said);
    expect(await show({ 'tidegate-pass': good })).toBe(said);
    expect(await show({ 'tidegate-pass': good }, '/payment')).toBe(said);
  });

  test('any other leaves nothing, and what asks for a cart is refused', async () => {
    const [head, body] = token().split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'k1' })).toString('base64url');
    const others = {
      'none at all': '',
      expired: token({ expiresAt: now - 5 }),
      'of another client': token({ fingerprint: fingerprintOf(['curl']) }),
      'by an unknown key': token({}, passKey('k2')),
      'by a wrong secret': token({}, passKey('k1', 'y')),
      unsigned: `${none}.${body}.`,
      'without a signature': `${head}.${body}.`,
      rubbish: 'x.y.z',
    };
    for (const [name, text] of Object.entries(others)) {
      expect(await show({ 'tidegate-pass': text }), name).toBe(' ');
      expect(await show({ 'tidegate-pass': text }, '/payment'), name).toBe(403);
    }
    expect(await show({ 'tidegate-pass': token({ standing: partBit('content') }) }, '/payment')).toBe(403);
  });
});
