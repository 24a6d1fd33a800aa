import type { Appearance } from './event.ts';
import { chance, hash32, integer, pick, type Random, weighted, zipf } from './random.ts';

const day = 86_400_000;

/** Release dates of Chrome by major version (caniuse data, CC BY 4.0); other Chromium browsers follow within days. */
const chromeReleases: readonly (readonly [version: number, date: string])[] = [
  [157, '2026-11-03'],
  [156, '2026-10-20'],
  [155, '2026-10-06'],
  [154, '2026-09-22'],
  [153, '2026-09-08'],
  [152, '2026-08-25'],
  [151, '2026-07-28'],
  [150, '2026-06-30'],
  [149, '2026-06-02'],
  [148, '2026-05-05'],
  [147, '2026-04-07'],
  [146, '2026-03-10'],
  [145, '2026-02-10'],
  [144, '2026-01-13'],
  [143, '2025-12-02'],
  [142, '2025-10-28'],
  [141, '2025-09-30'],
  [140, '2025-09-02'],
  [139, '2025-08-05'],
  [138, '2025-06-24'],
];
const firefoxReleases: readonly (readonly [number, string])[] = [
  [160, '2026-11-10'],
  [159, '2026-10-27'],
  [158, '2026-10-13'],
  [157, '2026-09-29'],
  [156, '2026-09-15'],
  [155, '2026-09-01'],
  [153, '2026-07-21'],
  [152, '2026-06-16'],
  [140, '2025-06-24'],
  [128, '2024-07-09'],
];
/** Versions people are stuck on: end of support of an operating system, a forgotten tablet, an admin's freeze. */
const stuckChrome = [109, 109, 109, 103, 114, 119, 120, 124, 126, 131, 87, 90, 96];

const hex = (value: number) => value.toString(16).padStart(8, '0');
const hex12 = (text: string) => (hex(hash32(text)) + hex(hash32(`${text}.`))).slice(0, 12);

interface Fingerprints {
  readonly ja4: string;
  readonly ja4Resumed: string;
}
const knownFingerprints = new Map<string, Fingerprints>();

/** Both forms of a JA4: the last part differs as resumption adds an extension. One object per variant. */
function fingerprints(prefix: string, ciphers: string, extensions: number, variant: string): Fingerprints {
  const known = knownFingerprints.get(variant);
  if (known !== undefined) return known;
  const form = (count: number, kind: string) =>
    `${prefix}${String(count).padStart(2, '0')}h2_${ciphers}_${hex12(`${variant}/${kind}`)}`;
  const made = { ja4: form(extensions, 'full'), ja4Resumed: form(extensions + 1, 'resumed') };
  knownFingerprints.set(variant, made);
  return made;
}

const chromiumFingerprint = (version: number) =>
  fingerprints(
    't13d15',
    '8daaf6152771',
    16,
    version >= 144 ? 'cr144' : version >= 131 ? 'cr131' : version >= 110 ? 'cr110' : `cr${version >> 3}`,
  );
const firefoxFingerprint = (version: number) =>
  fingerprints(
    't13d17',
    '5b57614c22b0',
    version >= 135 ? 17 : 15,
    version >= 150 ? 'fx150' : `fx${version >> 4}`,
  );
const safariFingerprint = (major: number) => fingerprints('t13d20', 'a09f3c656075', 14, `sf${major}`);

/** Middleboxes that open TLS (security suites, parental filters): a long tail of fingerprints under any browser. */
const middleboxes = Array.from({ length: 90 }, (_, index) => {
  const ciphers = 9 + (index % 23);
  const ja4 = `t1${index % 3 === 0 ? 2 : 3}d${String(ciphers).padStart(2, '0')}${String(8 + (index % 6)).padStart(2, '0')}h${1 + (index % 2)}_${hex12(`mb${index >> 2}`)}_${hex12(`mbx${index}`)}`;
  return { ja4, ja4Resumed: ja4 };
});
const middlebox = zipf(middleboxes.length, 0.7);

/** The fingerprint of one TLS-inspecting proxy, the same for every browser behind it. */
export function inspectingProxy(index: number): { ja4: string; ja4Resumed: string } {
  return middleboxes[index % middleboxes.length]!;
}

export interface BrowserCatalogue {
  /** Any browser of a person, by popularity at the catalogue's date. */
  person(random: Random, language: string): Appearance;
  /** A current desktop or mobile Chromium: what careful attackers imitate. */
  currentChrome(random: Random): {
    readonly userAgent: string;
    readonly ja4: string;
    readonly ja4Resumed: string;
  };
}

/** Browsers as they were used at a date: a fortnight to adopt a release, then a long tail of those who never update. */
export function createBrowserCatalogue(atMs: number): BrowserCatalogue {
  const released = (list: readonly (readonly [number, string])[]) => {
    const known = list.map(([version, date]) => [version, (atMs - Date.parse(date)) / day] as const);
    const available = known.filter(([, age]) => age >= 0);
    return available.length > 0 ? available : ([[list.at(-1)![0], 30]] as const);
  };
  const adoption = (list: readonly (readonly [number, number])[]) =>
    weighted(
      list.map(([version, age]) => [version, Math.min(1, (age + 1) / 14) * Math.exp(-age / 35) + 0.004]),
    );
  const chromeVersion = adoption(released(chromeReleases));
  const firefoxVersion = adoption(released(firefoxReleases));
  const safariVersion = weighted<readonly [string, string]>([
    [['26.6', '18_7'], 30],
    [['27.0', '18_7'], 34],
    [['26.5', '18_7'], 9],
    [['26.1', '18_6'], 6],
    [['18.6', '18_6'], 8],
    [['18.3', '18_3_2'], 4],
    [['17.6', '17_6_1'], 4],
    [['16.6', '16_7_11'], 3],
    [['15.6', '15_8_4'], 2],
  ]);
  const chromiumVersion = (random: Random) =>
    chance(random, 0.045) ? pick(random, stuckChrome) : chromeVersion(random);
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  const desktops = weighted([
    ['Windows NT 10.0; Win64; x64', 78],
    ['Macintosh; Intel Mac OS X 10_15_7', 17],
    ['X11; Linux x86_64', 4],
    ['X11; CrOS x86_64 14541.0.0', 1],
  ] as const);

  type Make = (random: Random) => { userAgent: string; ja4: string; ja4Resumed: string };
  const chromium =
    (platform: (random: Random) => string, mobile: string, suffix: (version: number) => string): Make =>
    (random) => {
      const version = chromiumVersion(random);
      return {
        userAgent: `Mozilla/5.0 (${platform(random)}) ${webkit} Chrome/${version}.0.0.0${mobile} Safari/537.36${suffix(version)}`,
        ...chromiumFingerprint(version),
      };
    };
  const android = () => 'Linux; Android 10; K';
  const desktopChrome = chromium(desktops, '', () => '');
  const mobileChrome = chromium(android, ' Mobile', () => '');
  const firefox: Make = (random) => {
    const version = firefoxVersion(random);
    const platform = chance(random, 0.2)
      ? 'Android 14; Mobile'
      : chance(random, 0.75)
        ? 'Windows NT 10.0; Win64; x64'
        : 'X11; Linux x86_64';
    return {
      userAgent: `Mozilla/5.0 (${platform}; rv:${version}.0) Gecko/${platform.startsWith('Android') ? `${version}.0` : '20100101'} Firefox/${version}.0`,
      ...firefoxFingerprint(version),
    };
  };
  const iphone: Make = (random) => {
    const [version, system] = safariVersion(random);
    const inApp = chance(random, 0.12) ? ' [FBAN/FBIOS;FBAV/537.0.0.40.110]' : '';
    return {
      userAgent: `Mozilla/5.0 (iPhone; CPU iPhone OS ${system} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ${inApp === '' ? `Version/${version} ` : ''}Mobile/15E148${inApp === '' ? ' Safari/604.1' : inApp}`,
      ...safariFingerprint(Number.parseInt(version, 10)),
    };
  };
  const mac: Make = (random) => {
    const [version] = safariVersion(random);
    return {
      userAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Safari/605.1.15`,
      ...safariFingerprint(Number.parseInt(version, 10)),
    };
  };
  const samsung: Make = (random) => {
    const version = pick(random, [31, 31, 31, 30, 29, 28, 25]);
    return {
      userAgent: `Mozilla/5.0 (Linux; Android 10; K) ${webkit} SamsungBrowser/${version}.0 Chrome/${version * 3 + 44}.0.0.0 Mobile Safari/537.36`,
      ...chromiumFingerprint(version * 3 + 44),
    };
  };
  const make = weighted<Make>([
    [desktopChrome, 27],
    [mobileChrome, 24],
    [iphone, 21],
    [mac, 5],
    [chromium(desktops, '', (version) => ` Edg/${version}.0.0.0`), 8],
    [firefox, 6],
    [samsung, 5],
    [chromium(desktops, '', (version) => ` OPR/${version - 18}.0.0.0`), 2],
    [
      chromium(
        () => 'Linux; Android 13; SM-T505',
        '',
        () => '',
      ),
      2,
    ],
  ]);
  return {
    person(random, language) {
      const { userAgent, ja4, ja4Resumed } = make(random)(random);
      const box = chance(random, 0.035) ? middleboxes[middlebox(random)]! : null;
      const h1 = box?.ja4.includes('h1_') ?? false;
      return {
        userAgent,
        acceptLanguage: language,
        httpVersion: h1 ? '1.1' : chance(random, 0.3) ? '3' : '2',
        tlsVersion: box?.ja4.startsWith('t12') ? 'TLSv1.2' : 'TLSv1.3',
        ja4: box?.ja4 ?? ja4,
        ja4Resumed: box?.ja4Resumed ?? ja4Resumed,
      };
    },
    currentChrome: (random) => (chance(random, 0.7) ? desktopChrome : mobileChrome)(random),
  };
}

/** Fingerprints of programming libraries and of tools that imitate browsers imperfectly. */
export const toolFingerprints: readonly string[] = [
  't13d3112h1_e8f1e7e78f70_b26ce05bbdd6',
  't13d4312h1_c7886603b240_b26ce05bbdd6',
  't13d1812h1_85036bcba153_b26ce05bbdd6',
  't13d1312h2_f57a46bbacb6_ab7e3b40a677',
  't13d591000_a33745022dd6_40018055699d',
  't13d1516h2_8daaf6152771_9b887d9acb53',
];

/** A Chrome that is years old, or of a number that was never released (a tool's typo or counter). */
export function impossibleOrAncientChrome(random: Random): string {
  const version = chance(random, 0.3)
    ? pick(random, ['82.0.4085.4', '71.3.2100.0', '199.0.0.0', '58.9.3029.81', '214.0.1.0'])
    : `${41 + integer(random, 32)}.0.${2200 + integer(random, 1400)}.${integer(random, 140)}`;
  const platform = pick(random, [
    'Windows NT 6.1; Win64; x64',
    'Windows NT 6.1; WOW64',
    'Windows NT 10.0; Win64; x64',
    'Windows NT 6.3; Win64; x64',
    'X11; Linux x86_64',
    'Macintosh; Intel Mac OS X 10_11_6',
  ]);
  return `Mozilla/5.0 (${platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Safari/537.36`;
}
