import { expect, test } from 'vitest';
import { StatementRefusedError } from './errors.ts';
import { readingStatement } from './statement.ts';

const sources = ['file', 'url', 's3', 'numbers', 'remote', 'merge'];

test.each([
  ['select 1', 'select 1'],
  ['  SELECT 1 ;; \n', '  SELECT 1'],
  ['select \'a;b\', "file" from t -- into outfile', 'select \'a;b\', "file" from t -- into outfile'],
  [
    '(select number from numbers(3)) union all (select 1)',
    '(select number from numbers(3)) union all (select 1)',
  ],
  ["select 'it''s', 'a\\'b;', `x``y` from t", "select 'it''s', 'a\\'b;', `x``y` from t"],
  ['with x as (select 1) select * from x', 'with x as (select 1) select * from x'],
  ['show tables', 'show tables'],
  ["select format('{}', 1), file from t", "select format('{}', 1), file from t"],
])('%s is run', (sql, statement) => {
  expect(readingStatement(sql, sources)).toBe(statement);
});

test.each([
  '',
  ';',
  '-- only a comment',
  'drop table t',
  'insert into t values (1)',
  'select 1; select 2',
  "select 1 /* ; */ ; -- '\n drop table t",
  "select 'a' into/**/outfile '/tmp/x'",
  "select * from file('/etc/passwd')",
  "select * from FILE /* c */ -- d\n ('/etc/passwd')",
  "select * from `file`('/etc/passwd')",
  'select "file"(\'/etc/passwd\')',
  "select file('/etc/passwd')",
  "select * from url('http://x', CSV)",
  'select $x$;$x$; drop table t',
  "select 'unterminated \\'; drop table t",
  'select 1 format CSV',
])('%s is refused', (sql) => {
  // An unterminated string swallows the rest, so that nothing behind it can be a second statement.
  if (sql.includes('unterminated')) expect(readingStatement(sql, sources)).toBe(sql);
  else expect(() => readingStatement(sql, sources)).toThrow(StatementRefusedError);
});
