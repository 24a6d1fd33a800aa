import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inPackage } from '../package-root.ts';
import type { ClickHouse } from './clickhouse.ts';
import { applyRetention } from './retention.ts';

export interface Migration {
  /** File name without `.sql`, for example 0001_requests. */
  readonly name: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
  readonly statements: readonly string[];
}

/** The numbered files of deploy/clickhouse, in order. A statement ends with `;` at the end of a line. */
export function readMigrations(folder: string = inPackage('deploy', 'clickhouse')): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return {
        name: file.slice(0, -'.sql'.length),
        checksum: createHash('sha256').update(text).digest('hex'),
        statements: text
          .split(/;[ \t]*$/m)
          .filter((statement) => statement.replace(/^\s*--.*$/gm, '').trim() !== '')
          .map((statement) => statement.trim()),
      };
    });
}

const ledger = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    name       String,
    checksum   String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name`;

/**
 * Brings tables and retention in line with this version and configuration, and answers the names of the migrations
 * applied now. Does nothing where there is no ClickHouse. Statements are written so that a repeat does no
 * harm (IF NOT EXISTS): two instances may start at once, and a crash halfway is finished by the next start.
 * @throws when an applied file was changed since, or the database is ahead of this version
 */
export async function migrate(
  clickhouse: ClickHouse,
  migrations: readonly Migration[] = readMigrations(),
): Promise<readonly string[]> {
  if (clickhouse.kind === 'none') return [];
  await clickhouse.command(ledger);
  const rows = await clickhouse.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations FINAL ORDER BY name',
  );
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  const known = new Set(migrations.map((migration) => migration.name));
  const ahead = rows.filter((row) => !known.has(row.name)).map((row) => row.name);
  if (ahead.length > 0)
    throw new Error(
      `ClickHouse has migrations this version does not know (${ahead.join(', ')}): use a newer Tidegate`,
    );
  const done: string[] = [];
  for (const migration of migrations) {
    const checksum = applied.get(migration.name);
    if (checksum === migration.checksum) continue;
    if (checksum !== undefined)
      throw new Error(
        `migration ${migration.name} was changed after it had been applied: add a new one instead`,
      );
    for (const statement of migration.statements) await clickhouse.command(statement);
    await clickhouse.insert('schema_migrations', [{ name: migration.name, checksum: migration.checksum }], {
      token: `migration-${migration.name}-${migration.checksum}`,
    });
    done.push(migration.name);
  }
  await applyRetention(clickhouse, clickhouse.retention);
  return done;
}
