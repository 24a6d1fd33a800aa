// Writes data/browser-releases.json from caniuse-lite (CC BY 4.0): release dates of seven browsers.
//   node scripts/build-browser-releases.js

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { agents } = require('caniuse-lite');
const { version } = require('caniuse-lite/package.json');
const names = {
  chrome: 'chrome',
  edge: 'edge',
  firefox: 'firefox',
  safari: 'safari',
  ios_safari: 'ios_saf',
  opera: 'opera',
  samsung: 'samsung',
};

let newest = 0;
const browsers = {};
for (const [name, key] of Object.entries(names)) {
  const releases = {};
  for (const [versions, seconds] of Object.entries(agents[key].release_date)) {
    // "18.5-18.7" is the first of the range: its release. Without a date it is not out yet.
    const first = versions.split('-')[0];
    if (seconds === null || !/^\d+(\.\d+)?$/.test(first)) continue;
    releases[first] = new Date(seconds * 1000).toISOString().slice(0, 10);
    newest = Math.max(newest, seconds);
  }
  browsers[name] = releases;
}
const table = {
  source: `caniuse-lite ${version}`,
  licence: 'CC-BY-4.0',
  built_at: new Date(newest * 1000).toISOString().slice(0, 10),
  browsers,
};
const text = JSON.stringify(table, null, 1).replace(/\n {3}/g, ' ');
writeFileSync(fileURLToPath(new URL('../data/browser-releases.json', import.meta.url)), `${text}\n`);
console.log(`${text.length} bytes`);
