import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { address, dependenciesFor, planFor } from '../../../test/counterparts/edge-fixture.ts';
import { createNginxEdge, nginxConfig } from './nginx.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-nginx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const signal = new AbortController().signal;

function edgeWith(reload: readonly string[]) {
  const file = join(folder, 'tidegate.conf');
  const config = nginxConfig.parse({ kind: 'nginx', name: 'web', file, test: ['true'], reload });
  return createNginxEdge(config, {
    name: 'web',
    isArmed: () => true,
    now: Date.now,
    exempt: () => [],
    ended: () => [],
  });
}

test('what somebody else writes while nginx reloads is not taken for ours', async () => {
  const quiet = edgeWith(['true']);
  await quiet.apply(await planFor(quiet, [address('203.0.113.7')]), signal);
  expect(await quiet.isAsKnown!(signal)).toBe(true);

  const disturbed = edgeWith(['sh', '-c', `echo '# by hand' >> '${join(folder, 'tidegate.conf')}'`]);
  await disturbed.apply(await planFor(disturbed, [address('203.0.113.8')]), signal);
  expect(await disturbed.isAsKnown!(signal)).toBe(false);
  expect((await disturbed.observe(signal)).damaged).toBe('changed by someone else');
});

test('a pid file that is none changes nothing, and nobody else is signalled', async () => {
  const file = join(folder, 'signalled.conf');
  const pidFile = join(folder, 'nginx.pid');
  const config = nginxConfig.parse({ kind: 'nginx', name: 'web', file, test: ['true'], pid_file: pidFile });
  const edge = createNginxEdge(
    config,
    dependenciesFor(() => []),
  );
  const bring = () => planFor(edge, [address('203.0.113.7')]).then((plan) => edge.apply(plan, signal));
  await expect(bring()).rejects.toMatchObject({ fault: 'unavailable' });
  for (const text of ['', '0\n', '-1\n', 'x', `${process.pid}\n`]) {
    writeFileSync(pidFile, text);
    await expect(bring()).rejects.toThrow(/holds no process number|no master of nginx/);
  }
  expect(existsSync(file)).toBe(false);
});
