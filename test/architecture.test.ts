import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../lib/package-root.ts';

function sources(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

interface Import {
  readonly from: string;
  readonly to: string;
}

const importPattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;
const files = ['lib', 'services', 'cli'].flatMap(sources);
const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join(packageRoot, file), 'utf8').matchAll(importPattern)].map((match) => ({
    from: file,
    to: match[1]!.startsWith('.')
      ? relative(packageRoot, resolve(packageRoot, dirname(file), match[1]!))
      : match[1]!,
  })),
);
const isTest = (file: string): boolean => /\.(integration\.)?test(-fixture|-suite)?\.ts$/.test(file);
const offenders = (wrong: (edge: Import) => boolean): string[] =>
  imports.filter(wrong).map((edge) => `${edge.from} -> ${edge.to}`);

describe('imports', () => {
  test('lib imports nothing from services, cli or test', () => {
    expect(
      offenders(
        ({ from, to }) => from.startsWith('lib/') && !isTest(from) && /^(services|cli|test)\//.test(to),
      ),
    ).toEqual([]);
  });

  test('services share schemas and topics, never each other’s code', () => {
    const service = (path: string): string | undefined => /^services\/([^/]+)/.exec(path)?.[1];
    expect(
      offenders(
        ({ from, to }) =>
          service(from) !== undefined &&
          !isTest(from) &&
          (/^(cli|test)\//.test(to) || (service(to) !== undefined && service(to) !== service(from))),
      ),
    ).toEqual([]);
  });

  test.each([
    ['kafkajs', /^lib\/log\/kafka/],
    ['@kafkajs/confluent-schema-registry', /^lib\/(log|contracts)\//],
    ['@clickhouse/client', /^lib\/clickhouse\//],
    ['chdb', /^lib\/clickhouse\//],
    ['avsc', /^lib\/(log|contracts)\//],
    ['commander', /^cli\//],
    ['@aws-sdk/client-wafv2', /^services\/actuator\/edges\/aws/],
    ['undici', /^lib\/http\/|^services\/actuator\/vendor\//],
    ['maxmind', /^services\/enricher\//],
  ])('%s is imported only where it belongs', (library, allowed) => {
    expect(
      offenders(
        ({ from, to }) =>
          !isTest(from) && (to === library || to.startsWith(`${library}/`)) && !allowed.test(from),
      ),
    ).toEqual([]);
  });

  test('nothing outside cli reads the environment', () => {
    const readers = files.filter(
      (file) =>
        !file.startsWith('cli/') &&
        !isTest(file) &&
        readFileSync(join(packageRoot, file), 'utf8').includes('process.env'),
    );
    expect(readers).toEqual([]);
  });
});

describe('the detector', () => {
  const detector = 'services/detector/';
  /** First folder below `folder`; '' for files that stand in it. */
  const partOf = (folder: string, path: string): string | undefined => {
    if (!path.startsWith(folder)) return undefined;
    const [first, ...rest] = path.slice(folder.length).split('/');
    return rest.length === 0 ? '' : first;
  };

  test('its steps speak through the log, never with each other', () => {
    const steps = ['combine', 'reduce', 'keyed', 'match'];
    expect(
      offenders(({ from, to }) => {
        const [of, other] = [partOf(detector, from), partOf(detector, to)];
        return !isTest(from) && steps.includes(of ?? '') && steps.includes(other ?? '') && of !== other;
      }),
    ).toEqual([]);
  });

  test('reduce is in layers: each imports only from itself and those below', () => {
    const layers = ['miner', 'site', 'signatures', 'campaigns', ''];
    expect(
      offenders(({ from, to }) => {
        const reduce = `${detector}reduce/`;
        const [of, other] = [partOf(reduce, from), partOf(reduce, to)];
        if (isTest(from) || of === undefined || other === undefined) return false;
        expect(layers).toContain(of);
        return layers.indexOf(other) > layers.indexOf(of);
      }),
    ).toEqual([]);
  });
});

test('files have one job: none is longer than 350 lines', () => {
  const long = files
    .map((file) => [file, readFileSync(join(packageRoot, file), 'utf8').split('\n').length] as const)
    .filter(([file, lines]) => lines > 350 && !isTest(file) && !file.endsWith('generated.ts'));
  expect(long).toEqual([]);
});
