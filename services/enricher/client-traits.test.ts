import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeRelease, loadBrowserReleases } from './browser-releases.ts';
import { createClientTraits, readUserAgent } from './client-traits.ts';

const releases = loadBrowserReleases();
const read = (agent: string) => readUserAgent(agent, releases);
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const pixel = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)';

describe('browsers', () => {
  test.each([
    [`${windows} Chrome/120.0.0.0 Safari/537.36`, 'chrome', 120, 'windows', 'browser'],
    [`${windows} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91`, 'edge', 120, 'windows', 'browser'],
    [`${windows} Chrome/119.0.0.0 Safari/537.36 OPR/105.0.0.0`, 'opera', 105, 'windows', 'browser'],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0',
      'firefox',
      121,
      'linux',
      'browser',
    ],
    [`${pixel} Chrome/143.0.0.0 Mobile Safari/537.36`, 'chrome', 143, 'android', 'browser'],
    [
      `${pixel} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36`,
      'samsung',
      23,
      'android',
      'browser',
    ],
    [`${iphone} Version/26.0 Mobile/15E148 Safari/604.1`, 'ios_safari', 26, 'ios', 'browser'],
    [`${iphone} CriOS/120.0.6099.101 Mobile/15E148 Safari/604.1`, 'chrome', 120, 'ios', 'browser'],
    [`${iphone} FxiOS/128.0 Mobile/15E148 Safari/605.1.15`, 'firefox', 128, 'ios', 'browser'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
      'safari',
      18,
      'macos',
      'browser',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36',
      'chrome',
      120,
      'android',
      'app',
    ],
    [`${windows} Chrome/118.0.0.0 YaBrowser/23 Safari/537.36`, 'yabrowser', 23, 'windows', 'browser'],
  ])('%s', (agent, browser, version, platform, clientClass) => {
    expect(read(agent)).toMatchObject({ browser, version, platform, clientClass, declaredBot: false });
  });

  test('browsers on a lagging engine have no age', () => {
    expect(
      read(`${pixel} Version/4.0 Chrome/78.0.3904.108 MiuiBrowser/14.1 Mobile Safari/537.36`).dated,
    ).toBeNull();
  });
});

describe('other clients', () => {
  test.each([
    ['okhttp/4.12.0', 'app'],
    ['Shop/4.2 CFNetwork/1490.0.4 Darwin/23.2.0', 'app'],
    ['Shop/4.2 (iPhone; iOS 18.1; Scale/3.00)', 'app'],
    ['Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B)', 'app'],
    ['curl/8.5.0', 'server'],
    ['python-requests/2.31.0', 'server'],
    ['Java/17.0.2', 'server'],
    ['Go-http-client/2.0', 'server'],
    ['axios/1.6.2', 'server'],
    ['nonsense', 'unknown'],
    ['AcmeSync/2.1', 'unknown'],
  ])('%s is %s, and no declared robot', (agent, clientClass) => {
    expect(read(agent)).toMatchObject({ clientClass, browser: null, declaredBot: false });
  });

  test.each([
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'googlebot', 'Google'],
    ['Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', 'bingbot', 'Microsoft Bing'],
    [`${windows} Chrome/116.0.0.0 Safari/537.36 (compatible; GPTBot/1.2)`, 'openai', 'OpenAI'],
  ])('%s', (agent, botName, botOperator) => {
    expect(read(agent)).toMatchObject({ declaredBot: true, botName, botOperator, clientClass: 'server' });
  });
  test('a robot nobody can verify is declared only', () => {
    expect(read('AhrefsBot/7.0')).toMatchObject({
      declaredBot: true,
      botOperator: null,
      clientClass: 'server',
    });
    expect(read(`${windows} HeadlessChrome/120.0.0.0 Safari/537.36`)).toMatchObject({
      declaredBot: true,
      browser: 'chrome',
    });
  });
});

describe('age at event time', () => {
  const judge = (agent: string, at: string) => {
    const { dated } = read(agent);
    return judgeRelease(dated!.browser, dated!.release, Date.parse(at));
  };
  const chrome = (version: number | string) => `${windows} Chrome/${version}.0.0.0 Safari/537.36`;
  test('days since the release, as of the event', () => {
    // Chrome 120 came out on 2023-12-05 (caniuse).
    const released = releases.find('chrome', 120, 0);
    expect(released).toMatchObject({ kind: 'released' });
    const at = released.kind === 'released' ? released.at : 0;
    expect(judgeRelease('chrome', released, at + 10.5 * 86_400_000)).toEqual({
      ageDays: 10,
      plausible: true,
    });
    expect(judge(chrome(120), '2026-11-01').ageDays).toBeGreaterThan(1000);
  });
  test('versions that never existed', () => {
    expect(judge(chrome(82), '2026-11-01').plausible).toBe(false);
    expect(judge(chrome(0), '2026-11-01').plausible).toBe(false);
    expect(judge(chrome(999), '2026-11-20').plausible).toBe(false);
    expect(judge(`${iphone} Version/21.0 Mobile/15E148 Safari/604.1`, '2026-11-01').plausible).toBe(false);
    expect(judge(`${windows} Chrome/60.0 Safari/537.36 Edge/40.15063`, '2026-11-01').plausible).toBe(false);
  });
  test('a version from the future of the event is implausible, a beta is not', () => {
    expect(judge(chrome(150), '2020-01-01')).toEqual({ ageDays: null, plausible: false });
    expect(judge(chrome(157), '2026-10-20')).toEqual({ ageDays: 0, plausible: true });
  });
  test('newer than our table is not outdated and, years later, not implausible', () => {
    expect(judge(chrome(160), '2026-12-20')).toEqual({ ageDays: 0, plausible: null });
    expect(judge(chrome(175), '2027-11-01')).toEqual({ ageDays: 0, plausible: null });
    expect(judge(`${iphone} Version/40.0 Mobile/15E148 Safari/604.1`, '2027-11-01').plausible).toBeNull();
  });
  test('minor versions of Safari have dates of their own', () => {
    const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
    const old = judge(`${mac} Version/18.0 Safari/605.1.15`, '2026-01-01').ageDays!;
    const patched = judge(`${mac} Version/18.6 Safari/605.1.15`, '2026-01-01').ageDays!;
    expect(old).toBeGreaterThan(patched);
  });
});

test('no user agent says nothing', () => {
  const traits = createClientTraits(releases, 100);
  for (const agent of [null, '', '-'])
    expect(traits(agent)).toMatchObject({ clientClass: 'unknown', browser: null });
  expect(traits('curl/8')).toBe(traits('curl/8'));
});

test('property: any text is read, quickly', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'Mozilla/5.0 ',
      'Chrome/',
      '9'.repeat(300),
      '(iPhone; ',
      'Version/',
      'Safari/',
      'iOS ',
      ' '.repeat(500),
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const { dated, version } = read(text);
      // the quickest of three: what is slow by nature is slow each time, a pause of the machine is not
      const tookMs = [1, 2, 3].map(() => {
        const started = performance.now();
        read(text);
        return performance.now() - started;
      });
      expect(Math.min(...tookMs)).toBeLessThan(200);
      expect(version === null || (Number.isInteger(version) && version < 2 ** 31)).toBe(true);
      if (dated !== null) judgeRelease(dated.browser, dated.release, 1.7e12);
    }),
  );
});
