import { benches } from './catalogue.ts';

/** `run.js --list`, or `run.js NAME`: prints each figure as one JSON line. */
const [name] = process.argv.slice(2);
if (name === '--list') for (const each of Object.keys(benches)) console.log(each);
else {
  const bench = benches[name ?? ''];
  if (bench === undefined) {
    console.error(`bench: no benchmark ${name ?? ''}; there are ${Object.keys(benches).join(', ')}`);
    process.exit(2);
  }
  console.error(`bench: ${name}`);
  for (const figure of await bench())
    console.log(JSON.stringify({ bench: name, ...figure, node: process.versions.node }));
}
