import { readFileSync } from 'node:fs';
import { inPackage } from '../../lib/package-root.ts';

export const datedBrowsers = [
  'chrome',
  'edge',
  'firefox',
  'safari',
  'ios_safari',
  'opera',
  'samsung',
] as const;
export type DatedBrowser = (typeof datedBrowsers)[number];

/** What is known of a version, independent of when it is met. */
export type Release =
  | { readonly kind: 'released'; readonly at: number }
  /** Above the newest in the table: newer than our data, unless it is too far above. */
  | { readonly kind: 'newer'; readonly ahead: number; readonly newestAt: number }
  /** Inside the table's range and not in it: there never was such a version. */
  | { readonly kind: 'never' };

export interface BrowserReleases {
  readonly source: string;
  readonly path: string;
  readonly builtAt: number;
  /** Versions dated. */
  readonly size: number;
  find(browser: DatedBrowser, major: number, minor: number): Release;
}

interface Table {
  readonly source: string;
  readonly built_at: string;
  readonly browsers: { readonly [browser in DatedBrowser]: { readonly [version: string]: string } };
}

interface Major {
  /** Sorted by minor. */
  readonly minors: { readonly minor: number; readonly at: number }[];
}

/** Release dates of browsers, from caniuse (data/browser-releases.json). */
export function loadBrowserReleases(
  path: string = inPackage('data', 'browser-releases.json'),
): BrowserReleases {
  const table = JSON.parse(readFileSync(path, 'utf8')) as Table;
  const browsers = new Map<DatedBrowser, { majors: Map<number, Major>; first: number; newest: number }>();
  for (const browser of datedBrowsers) {
    const majors = new Map<number, Major>();
    for (const [version, date] of Object.entries(table.browsers[browser])) {
      const [major, minor = 0] = version.split('.').map(Number);
      const entry = majors.get(major!) ?? { minors: [] };
      entry.minors.push({ minor, at: Date.parse(date) });
      majors.set(major!, entry);
    }
    for (const { minors } of majors.values()) minors.sort((a, b) => a.minor - b.minor);
    browsers.set(browser, { majors, first: Math.min(...majors.keys()), newest: Math.max(...majors.keys()) });
  }
  return {
    source: table.source,
    path,
    builtAt: Date.parse(table.built_at),
    size: Object.values(table.browsers).reduce((sum, dates) => sum + Object.keys(dates).length, 0),
    find(browser, major, minor) {
      const { majors, first, newest } = browsers.get(browser)!;
      const newestAt = majors.get(newest)!.minors[0]!.at;
      if (major > newest) return { kind: 'newer', ahead: major - newest, newestAt };
      // Versions before the table's first did exist; their age is at least that of the first.
      const entry = majors.get(Math.max(major, first));
      if (entry === undefined || major < 1) return { kind: 'never' };
      // "18.5-18.7" stands as 18.5: the release of a minor version is the last one named at or below it.
      const found = entry.minors.findLast((release) => release.minor <= minor) ?? entry.minors[0]!;
      return { kind: 'released', at: found.at };
    },
  };
}

const dayMs = 86_400_000;
/** Beta, dev and canary channels run ahead of the stable release. */
const earlyMs = 70 * dayMs;
/** Browsers with a major version every two weeks at the fastest; of others a jump proves nothing (Safari 18 to 26). */
const steady: ReadonlySet<DatedBrowser> = new Set(['chrome', 'edge', 'firefox', 'opera']);
const fastestReleaseMs = 14 * dayMs;
const channelsAhead = 5;

/** Age in days and plausibility of a version at the time of an event; never "old" because our data is. */
export function judgeRelease(
  browser: DatedBrowser,
  release: Release,
  timestamp: number,
): { readonly ageDays: number | null; readonly plausible: boolean | null } {
  switch (release.kind) {
    case 'never':
      return { ageDays: null, plausible: false };
    case 'newer': {
      const possible = channelsAhead + Math.max(0, timestamp - release.newestAt) / fastestReleaseMs;
      return steady.has(browser) && release.ahead > possible
        ? { ageDays: null, plausible: false }
        : { ageDays: 0, plausible: null };
    }
    case 'released': {
      const age = timestamp - release.at;
      if (age >= 0) return { ageDays: Math.floor(age / dayMs), plausible: true };
      return age >= -earlyMs ? { ageDays: 0, plausible: true } : { ageDays: null, plausible: false };
    }
  }
}
