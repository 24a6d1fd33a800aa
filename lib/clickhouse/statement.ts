import { StatementRefusedError } from './errors.ts';

/**
 * Guards statements written by people. The session is read-only and limited by settings; that alone does not keep the
 * embedded engine from reading files (`file('/etc/passwd')` as a function) or writing them (`INTO OUTFILE`), nor from
 * running several statements, so these are refused here by their tokens.
 */

type Token = { readonly kind: 'word' | 'quoted' | 'symbol'; readonly text: string };

/** Comments are dropped; strings become one opaque symbol; quoted names keep their text. */
function tokens(sql: string): Token[] {
  const found: Token[] = [];
  const pattern =
    /--[^\n]*|#[!\s][^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|(["`])((?:(?!\2)[^\\]|\\[\s\S]|\2\2)*)(?:\2|$)|[A-Za-z_][A-Za-z0-9_]*|[0-9][A-Za-z0-9_.]*|\s+|[\s\S]/g;
  for (const match of sql.matchAll(pattern)) {
    const text = match[0];
    if (/^(--|#[!\s]|\/\*|\s)/.test(text)) continue;
    if (match[2] !== undefined) found.push({ kind: 'quoted', text: match[3]! });
    else if (/^[A-Za-z_]/.test(text)) found.push({ kind: 'word', text });
    else found.push({ kind: 'symbol', text: text.startsWith("'") || text.length > 1 ? "'" : text });
  }
  return found;
}

const readingVerbs = new Set(['select', 'with', 'show', 'describe', 'desc', 'explain', 'exists', 'from']);

/** Table functions and functions that make no row appear from outside this ClickHouse. */
const harmlessTableFunctions = new Set([
  'numbers',
  'numbers_mt',
  'primes',
  'zeros',
  'zeros_mt',
  'values',
  'view',
  'null',
  'generate_series',
  'generateseries',
  'generaterandom',
]);
/** Functions that reach outside, beside the table functions that the engine lists itself. */
const reachingFunctions = [
  'file',
  'executable',
  'url',
  'catboostevaluate',
  'getserversetting',
  'hostname',
  'ai',
];

/**
 * The statement without a final `;`.
 * @param tableFunctions names from system.table_functions
 * @throws {StatementRefusedError}
 */
export function readingStatement(sql: string, tableFunctions: readonly string[]): string {
  const refused = new Set([
    ...reachingFunctions,
    ...tableFunctions.map((name) => name.toLowerCase()).filter((name) => !harmlessTableFunctions.has(name)),
  ]);
  const all = tokens(sql);
  while (all.at(-1)?.text === ';') all.pop();
  if (all.length === 0) throw new StatementRefusedError('the statement is empty');
  const verb = all.find((token) => token.text !== '(')!.text.toLowerCase();
  if (!readingVerbs.has(verb))
    throw new StatementRefusedError(
      `only reading statements are run here (SELECT, SHOW, DESCRIBE, EXPLAIN), not ${verb.toUpperCase()}`,
    );
  for (const [index, token] of all.entries()) {
    const text = token.text.toLowerCase();
    const next = all[index + 1]?.text.toLowerCase();
    if (token.kind === 'symbol' && text === ';') throw new StatementRefusedError('one statement at a time');
    if (token.kind === 'word' && text === 'into' && next === 'outfile')
      throw new StatementRefusedError('INTO OUTFILE is not available');
    if (token.kind === 'word' && text === 'format' && index === all.length - 2)
      throw new StatementRefusedError(
        'FORMAT is not available: choose the output format outside the statement',
      );
    if (token.kind !== 'symbol' && next === '(' && refused.has(text))
      throw new StatementRefusedError(
        `function ${token.text} reaches outside ClickHouse and is not available`,
      );
  }
  return sql.replace(/[;\s]+$/, '');
}
