// Writes lib/contracts/generated.ts from schemas/*.avsc: one TypeScript type per named Avro type.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const files = ['schemas/common/', 'schemas/'].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.avsc'))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(folder + name, root), 'utf8'))),
);
const known = new Map();
const primitives = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Buffer',
  string: 'string',
};

function comment(text, indent) {
  return text ? `${indent}/** ${text} */\n` : '';
}
function typeOf(type) {
  if (typeof type === 'string') return primitives[type] ?? type;
  if (Array.isArray(type)) {
    const parts = type.map(typeOf);
    return [...parts.filter((part) => part !== 'null'), ...parts.filter((part) => part === 'null')].join(
      ' | ',
    );
  }
  switch (type.type) {
    case 'array': {
      const items = typeOf(type.items);
      return items.includes('|') ? `readonly (${items})[]` : `readonly ${items}[]`;
    }
    case 'map':
      return `{ readonly [name: string]: ${typeOf(type.values)} }`;
    case 'record':
    case 'enum':
    case 'fixed':
      define(type);
      return type.name;
    default:
      return typeOf(type.type);
  }
}
function define(type) {
  if (known.has(type.name)) return;
  known.set(type.name, '');
  const doc = comment(type.doc, '');
  if (type.type === 'fixed') known.set(type.name, `${doc}export type ${type.name} = Buffer;\n`);
  else if (type.type === 'enum')
    known.set(
      type.name,
      `${doc}export type ${type.name} = ${type.symbols.map((s) => `'${s}'`).join(' | ')};\n`,
    );
  else {
    const fields = type.fields.map(
      (field) => `${comment(field.doc, '  ')}  readonly ${field.name}: ${typeOf(field.type)};\n`,
    );
    known.set(type.name, `${doc}export interface ${type.name} {\n${fields.join('')}}\n`);
  }
}
for (const schema of files) define(schema);
const topLevel = readdirSync(new URL('schemas/', root))
  .filter((name) => name.endsWith('.avsc'))
  .map((name) => name.slice(0, -5))
  .sort();
const text = `// Generated from schemas/*.avsc by \`npm run contracts\`. Do not edit.\n\n${[...known.values()].join('\n')}
/** Record types that travel on topics. */
export interface Records {
${topLevel.map((name) => `  readonly ${name}: ${name};`).join('\n')}
}
`;
const target = fileURLToPath(new URL('lib/contracts/generated.ts', root));
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('lib/contracts/generated.ts is not current: run npm run contracts');
    process.exit(1);
  }
} else writeFileSync(target, text);
