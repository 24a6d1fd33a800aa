/**
 * Browser, version and platform of a user agent as nginx maps: the reading of the enricher in nginx's words. Entries are
 * tried in order, as there; test/counterparts/nginx-browser.integration.test.ts holds the two against each other.
 */

export const browserVariables = {
  browser: '$tidegate_browser',
  browser_version: '$tidegate_browser_version',
  platform: '$tidegate_platform',
} as const;
export type BrowserVariable = keyof typeof browserVariables;

/** Not browsers: crawlers, libraries, apps. */
const others: readonly string[] = [
  '~*\\b(?:Googlebot|GoogleOther|Storebot-Google|Google-InspectionTool|AdsBot-Google|Mediapartners-Google)',
  '~*\\b(?:bingbot|BingPreview|adidxbot|msnbot)',
  '~*\\b(?:DuckDuckBot|DuckAssistBot)',
  '~*\\b(?:GPTBot|OAI-SearchBot|ChatGPT-User)',
  '~*\\b(?:PerplexityBot|Perplexity-User)',
  '~*^(?:curl|wget|python|aiohttp|httpx|java|apache-httpclient|go-http-client|go-resty|node|undici|axios|got|superagent|ruby|faraday|php|guzzle|libwww-perl|lwp|perl|postmanruntime|insomnia|restsharp|\\.net|dotnet|reactor-?netty|jersey|k6|rust|reqwest|ureq|hyper|scrapy|httpie|jakarta|spring|unirest|symfony|wp_http|zend|feign|vert\\.x|akka|jetty|grpc)\\b',
  '~*(?:^|[\\s;(])(?:okhttp|cfnetwork|dalvik|alamofire|dart|flutter|react-?native|ktor|volley|nsurlsession|urlsession)\\b',
  '~*^(?!Mozilla/)[\\w .-]{1,60}/[\\w.+-]+.*\\b(?:iPhone|iPad|iOS|Android)\\b',
];
/** Chromium browsers with versions of their own. */
const undated =
  'YaBrowser|Vivaldi|UCBrowser|MiuiBrowser|HuaweiBrowser|Whale|DuckDuckGo|Silk|HeyTapBrowser|VivoBrowser|QQBrowser|MQQBrowser|Electron|Brave|QtWebEngine|coc_coc_browser|Puffin|Sogou|360SE|MetaSr'.split(
    '|',
  );
const dated: readonly (readonly [string, string])[] = [
  ['\\b(?:Edg|EdgA|EdgiOS|Edge)/VERSION', 'edge'],
  ['\\b(?:OPR|OPT|OPX)/VERSION', 'opera'],
  ['\\bSamsungBrowser/VERSION', 'samsung'],
  ['\\b(?:Firefox|FxiOS)/VERSION', 'firefox'],
  ['\\b(?:HeadlessChrome|Chrome|Chromium|CriOS)/VERSION', 'chrome'],
  ['\\b(?:iPhone|iPad|iPod)\\b.*\\bVersion/VERSION.*\\bSafari/', 'ios_safari'],
  ['\\bMacintosh\\b.*\\bVersion/VERSION.*\\bSafari/', 'safari'],
];
const platforms: readonly (readonly [string, string])[] = [
  ['~\\b(?:iPhone|iPad|iPod|iOS)\\b', 'ios'],
  ['~*\\bAndroid\\b', 'android'],
  ['~\\bWindows\\b', 'windows'],
  ['~\\bCrOS\\b', 'chromeos'],
  ['~\\b(?:Macintosh|Mac OS X|macOS|Darwin)\\b', 'macos'],
  ['~\\b(?:Linux\\b|X11\\b)', 'linux'],
];

/** The map that defines one of the variables. */
export function renderBrowserVariable(name: BrowserVariable): readonly string[] {
  const lines = [`map $http_user_agent ${browserVariables[name]} {`, '    default "";'];
  if (name === 'platform') {
    for (const [pattern, platform] of platforms) lines.push(`    "${pattern}" ${platform};`);
    return [...lines, '}'];
  }
  for (const pattern of others) lines.push(`    "${pattern}" "";`);
  const version = name === 'browser_version' ? '(?<tidegate_version>[0-9]{1,6})' : '[0-9]{1,6}';
  const short = name === 'browser_version' ? '(?<tidegate_version>[0-9]{1,4})' : '[0-9]{1,4}';
  const value = (browser: string) => (name === 'browser_version' ? '$tidegate_version' : browser);
  // One line a name, and the first in the text counts: none of the others may stand before it.
  const any = undated.join('|');
  for (const browser of undated)
    lines.push(
      `    "~^(?:(?!\\b(?:${any})/[0-9]).)*\\b${browser}/${short}" ${value(browser.toLowerCase())};`,
    );
  for (const [pattern, browser] of dated)
    lines.push(`    "~${pattern.replace('VERSION', version)}" ${value(browser)};`);
  return [...lines, '}'];
}
