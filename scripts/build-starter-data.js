// Packs the country and ASN tables of ip-location-db into data/starter. Run by hand, when the data is to be renewed:
//   npm install --no-save @ip-location-db/asn @ip-location-db/geo-whois-asn-country
//   node scripts/build-starter-data.js node_modules/@ip-location-db 2026-06-17
// The form is described in services/enricher/providers/packed.ts.
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const [folder, builtAt] = process.argv.slice(2);
if (folder === undefined || !/^\d{4}-\d\d-\d\d$/.test(builtAt ?? '')) {
  console.error('usage: node scripts/build-starter-data.js FOLDER YYYY-MM-DD');
  process.exit(2);
}
const target = fileURLToPath(new URL('../data/starter', import.meta.url));

/** Steps of one family: [start, label + 1], neighbours of equal label merged, gaps with label 0. */
async function readSteps(path, labelOf, toStart, toEnd) {
  const steps = [];
  let end = 0n;
  const step = (start, label) => {
    if ((steps.length === 0 ? 0 : steps.at(-1)[1]) !== label) steps.push([start, label]);
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const match = /^(\d+),(\d+),(.*)$/.exec(line);
    if (match === null) continue;
    const first = toStart(BigInt(match[1]));
    const last = toEnd(BigInt(match[2]));
    const label = labelOf(match[3]);
    if (label === null || last <= first || last <= end) continue;
    if (first > end) step(end, 0);
    step(first < end ? end : first, label + 1);
    end = last;
  }
  if (steps.length > 0) step(end, 0);
  return steps;
}

function pushVarint(bytes, value) {
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
}

async function pack(kind, name, labelText) {
  const index = new Map();
  const labels = [];
  const labelOf = (fields) => {
    const text = labelText(fields);
    if (text === null) return null;
    if (!index.has(text)) {
      index.set(text, labels.length);
      labels.push(text);
    }
    return index.get(text);
  };
  const base = join(folder, name, name);
  const v4 = await readSteps(
    `${base}-ipv4-num.csv`,
    labelOf,
    (first) => first,
    (last) => last + 1n,
  );
  // Clients are told apart by /64: finer ranges are widened or dropped.
  const v6 = await readSteps(
    `${base}-ipv6-num.csv`,
    labelOf,
    (first) => (first + (1n << 64n) - 1n) >> 64n,
    (last) => (last + 1n) >> 64n,
  );
  const body = [];
  for (const steps of [v4, v6]) {
    let at = 0n;
    for (const [start, label] of steps) {
      pushVarint(body, start - at);
      pushVarint(body, label);
      at = start;
    }
  }
  const header = Buffer.from(
    JSON.stringify({ kind, built_at: `${builtAt}T00:00:00Z`, labels, v4: v4.length, v6: v6.length }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const bytes = Buffer.concat([Buffer.from('TGR1'), length, header, Buffer.from(body)]);
  const file = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, `${kind}.tgr.br`), file);
  console.log(
    `${kind}: ${v4.length} + ${v6.length} steps, ${labels.length} labels, ${bytes.length} -> ${file.length} bytes`,
  );
}

await pack('country', 'geo-whois-asn-country', (text) =>
  /^[A-Z]{2}$/.test(text) && text !== 'ZZ' ? text : null,
);
await pack('asn', 'asn', (text) => {
  const match = /^(\d+),(.*)$/.exec(text);
  if (match === null || Number(match[1]) === 0 || Number(match[1]) >= 2 ** 31) return null;
  const organisation = match[2]
    .replace(/^"(.*)"$/, '$1')
    .replaceAll('""', '"')
    .slice(0, 64);
  return `${match[1]} ${organisation}`;
});
