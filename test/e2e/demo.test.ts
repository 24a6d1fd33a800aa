import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { isEmbeddedAvailable } from '../../lib/clickhouse/embedded.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { untilNoneMarked } from './harness/marked-processes.ts';
import { killLeftovers, runTidegate } from './harness/tidegate.ts';
import { createWorkspace } from './harness/workspace.ts';

const missing = requireCounterpart('chdb', await isEmbeddedAvailable(), 'run npm install chdb');
const workspace = createWorkspace('demo');
afterAll(async () => {
  await killLeftovers();
  workspace.remove();
});

test.skipIf(missing !== null)(
  'demo --once ends with its table and leaves nothing running',
  async () => {
    const mark = randomUUID();
    const { code, stdout, tail } = await runTidegate(
      ['demo', '--once', '--log', 'memory', '--duration', '3m'],
      { cwd: workspace.folder, env: { TIDEGATE_TEST_MARK: mark }, withinMs: 170_000 },
    );
    expect(code, tail).toBe(0);
    for (const part of ['credential stuffing', 'shadow payment', 'inventory sweep', 'flash sale', 'calm'])
      expect(stdout).toContain(part);
    await untilNoneMarked(mark);
  },
  180_000,
);
