import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderBrowserVariable } from '../../services/actuator/edges/nginx-browser.ts';
import type { BrowserReleases } from '../../services/enricher/browser-releases.ts';
import { readUserAgent } from '../../services/enricher/client-traits.ts';
import { requireCounterpart } from './counterpart.ts';
import { findNginx, type RunningNginx, startNginx } from './nginx.ts';

const missing = requireCounterpart('nginx', findNginx());
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const agents: readonly string[] = [
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/120.0.0.0 Safari/537.36`,
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.61`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Chrome/9.0.0.0 Safari/537.36`,
  `Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/131.0.0.0 Safari/537.36`,
  `Mozilla/5.0 (Linux; Android 13; SM-S911B) ${webkit} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36`,
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/118.0.0.0 Safari/537.36 OPR/104.0.0.0`,
  `Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/118.0.0.0 YaBrowser/23.11.0 Safari/537.36`,
  `Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/118.0.0.0 Whale/3.24 Vivaldi/6.4 Safari/537.36`,
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/119.0.0.0 Safari/537.36',
  'Shop/4.2 (iPhone; iOS 18.1; Scale/3.00)',
  'okhttp/4.12.0',
  'curl/8.5.0',
  'python-requests/2.31',
  'Chrome/999999.1',
  'nonsense',
];

describe.skipIf(missing !== null)('browser, version and platform', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-browser-'));
  let nginx: RunningNginx;

  beforeAll(async () => {
    const maps = (['browser', 'browser_version', 'platform'] as const).flatMap(renderBrowserVariable);
    nginx = await startNginx({
      dir,
      http: maps.join('\n'),
      server: 'location / { return 200 "$tidegate_browser|$tidegate_browser_version|$tidegate_platform"; }',
    });
  });
  afterAll(async () => {
    await nginx?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test.each(agents)('nginx reads %s as the enricher does', async (agent) => {
    const releases = { find: () => ({}) } as unknown as BrowserReleases;
    const traits = readUserAgent(agent, releases);
    const expected = [traits.browser, traits.version, traits.platform].map((value) => value ?? '').join('|');
    const response = await fetch(nginx.url, { headers: { 'user-agent': agent } });
    expect(await response.text()).toBe(expected);
  });
});
