import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { openClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import { clickhouseConfig } from '../../lib/clickhouse/config.ts';
import { migrate } from '../../lib/clickhouse/migrations.ts';
import { enrichedRequest } from '../../services/archiver/request-event.test-fixture.ts';
import { requestRow } from '../../services/archiver/request-row.ts';
import { writeArchivedEvents } from './archived-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-baseline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('archived requests come out as events, in order of time, and only those of the range', async () => {
  const clickhouse = await openClickHouse(clickhouseConfig.parse({}), {
    dataDir: join(folder, 'clickhouse'),
  });
  try {
    await migrate(clickhouse);
    const at = Date.UTC(2026, 10, 16, 10);
    const stamps = [at + 90_000, at, at + 30_000, at + 3_600_000];
    const events = stamps.map((timestamp, index) =>
      enrichedRequest({ source_offset: index, ip: '203.0.113.9', request: { timestamp } }),
    );
    await clickhouse.insert(
      'requests',
      events.map((event) => requestRow(event, 0, 0)),
      { token: 'events', sameShape: true },
    );
    const file = join(folder, 'events.ndjson.gz');
    expect(await writeArchivedEvents(clickhouse, { from: at, until: at + 120_000 }, file)).toBe(3);
    const written = gunzipSync(readFileSync(file))
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { timestamp: number; client_ip: string; path: string });
    expect(written.map(({ timestamp }) => timestamp)).toEqual([at, at + 30_000, at + 90_000]);
    expect(written[0]!.client_ip).toMatch(/203\.0\.113\.9$/);
    expect(written[0]!.path).not.toContain('~');
  } finally {
    await clickhouse.close();
  }
});
