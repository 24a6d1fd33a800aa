import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rootConfig } from '../config.ts';
import { lineFormat } from './log-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-lines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const log = join(folder, 'shop.log');
writeFileSync(log, '');
symlinkSync(log, join(folder, 'current.log'));
const shop = { id: 'shop', path: log, log_format: '$remote_addr', host: 'shop.example' };
const app = { id: 'app', path: '/var/log/app.json', format: 'json', fields: { client_ip: '$.peer' } };
const config = rootConfig.parse({ collector: { files: [shop, app] } });
const auto = { format: 'auto' } as const;

describe('how lines of files are read', () => {
  it('is what the collector would do with the path, unless flags say otherwise', () => {
    expect(lineFormat(config, ['/tmp/other.log', log], auto)).toMatchObject({
      format: { format: 'auto', log_format: '$remote_addr', host: 'shop.example' },
      notes: [],
    });
    expect(lineFormat(config, [app.path], auto).format).toMatchObject({
      format: 'json',
      fields: app.fields,
      host: 'unknown',
    });
    const said = lineFormat(config, [log], { format: 'json', host: 'www.shop.example' });
    expect(said.format).toMatchObject({ format: 'json', host: 'www.shop.example' });
  });
  it('knows a path however it is written', () => {
    for (const path of [relative('.', log), join(folder, 'current.log'), `${folder}/./shop.log`])
      expect(lineFormat(config, [path], auto).format.host, path).toBe('shop.example');
  });
  it('is that of a source that is named, for a copy or a rotated file', () => {
    const { format, notes } = lineFormat(config, ['-'], { ...auto, source: 'app' });
    expect(format).toMatchObject({ format: 'json', fields: app.fields });
    expect(notes).toEqual([]);
    expect(() => lineFormat(config, [log], { ...auto, source: 'shp' })).toThrow(
      /no such source \(did you mean "shop"\?\); collector.files has shop, app/,
    );
  });
  it('is said when the configuration knows more and is not used', () => {
    const { format, notes } = lineFormat(config, [`${log}.1`], auto);
    expect(format).toMatchObject({ host: 'unknown', fields: {} });
    expect(notes).toEqual([expect.stringMatching(/\(shop, app\) is not used; --source shop uses it/)]);
    expect(lineFormat(config, ['x'], { format: 'ndjson' }).notes).toEqual([]);
    const plain = rootConfig.parse({ collector: { files: [{ id: 'plain', path: '/var/log/plain.log' }] } });
    expect(lineFormat(plain, ['x'], auto).notes).toEqual([]);
    expect(lineFormat(config, [app.path, log], auto).notes).toEqual([
      expect.stringMatching(/sources app and shop: all lines are read as those of app/),
    ]);
  });
});
