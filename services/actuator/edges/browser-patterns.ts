/**
 * Browser, version and platform of a user agent as ordered patterns, for edges that have to read it themselves: the
 * reading of the enricher. Entries are tried in order, as there; tests in test/counterparts hold the two against each
 * other at real servers.
 */

export interface AgentPattern {
  readonly pattern: string;
  readonly ignoreCase: boolean;
}

/** Not browsers: crawlers, libraries, apps. `(?!` is not for every engine: see `appOnDevice`. */
export const notBrowsers: readonly AgentPattern[] = [
  '\\b(?:Googlebot|GoogleOther|Storebot-Google|Google-InspectionTool|AdsBot-Google|Mediapartners-Google)',
  '\\b(?:bingbot|BingPreview|adidxbot|msnbot)',
  '\\b(?:DuckDuckBot|DuckAssistBot)',
  '\\b(?:GPTBot|OAI-SearchBot|ChatGPT-User)',
  '\\b(?:PerplexityBot|Perplexity-User)',
  '^(?:curl|wget|python|aiohttp|httpx|java|apache-httpclient|go-http-client|go-resty|node|undici|axios|got|superagent|ruby|faraday|php|guzzle|libwww-perl|lwp|perl|postmanruntime|insomnia|restsharp|\\.net|dotnet|reactor-?netty|jersey|k6|rust|reqwest|ureq|hyper|scrapy|httpie|jakarta|spring|unirest|symfony|wp_http|zend|feign|vert\\.x|akka|jetty|grpc)\\b',
  '(?:^|[\\s;(])(?:okhttp|cfnetwork|dalvik|alamofire|dart|flutter|react-?native|ktor|volley|nsurlsession|urlsession)\\b',
].map((pattern) => ({ pattern, ignoreCase: true }));

/** An app that names its device. Only when the agent does not begin with `Mozilla/` (in any case). */
export const appOnDevice: AgentPattern = {
  pattern: '^[\\w .-]{1,60}/[\\w.+-]+.*\\b(?:iPhone|iPad|iOS|Android)\\b',
  ignoreCase: true,
};

/** Chromium browsers with versions of their own. The first in the text counts; the name is in small letters. */
export const undatedBrowsers: readonly string[] =
  'YaBrowser|Vivaldi|UCBrowser|MiuiBrowser|HuaweiBrowser|Whale|DuckDuckGo|Silk|HeyTapBrowser|VivoBrowser|QQBrowser|MQQBrowser|Electron|Brave|QtWebEngine|coc_coc_browser|Puffin|Sogou|360SE|MetaSr'.split(
    '|',
  );

/** VERSION stands for the number. */
export const datedBrowsers: readonly { readonly pattern: string; readonly browser: string }[] = [
  { pattern: '\\b(?:Edg|EdgA|EdgiOS|Edge)/VERSION', browser: 'edge' },
  { pattern: '\\b(?:OPR|OPT|OPX)/VERSION', browser: 'opera' },
  { pattern: '\\bSamsungBrowser/VERSION', browser: 'samsung' },
  { pattern: '\\b(?:Firefox|FxiOS)/VERSION', browser: 'firefox' },
  { pattern: '\\b(?:HeadlessChrome|Chrome|Chromium|CriOS)/VERSION', browser: 'chrome' },
  { pattern: '\\b(?:iPhone|iPad|iPod)\\b.*\\bVersion/VERSION.*\\bSafari/', browser: 'ios_safari' },
  { pattern: '\\bMacintosh\\b.*\\bVersion/VERSION.*\\bSafari/', browser: 'safari' },
];

export const platformPatterns: readonly (AgentPattern & { readonly platform: string })[] = [
  { pattern: '\\b(?:iPhone|iPad|iPod|iOS)\\b', ignoreCase: false, platform: 'ios' },
  { pattern: '\\bAndroid\\b', ignoreCase: true, platform: 'android' },
  { pattern: '\\bWindows\\b', ignoreCase: false, platform: 'windows' },
  { pattern: '\\bCrOS\\b', ignoreCase: false, platform: 'chromeos' },
  { pattern: '\\b(?:Macintosh|Mac OS X|macOS|Darwin)\\b', ignoreCase: false, platform: 'macos' },
  { pattern: '\\b(?:Linux\\b|X11\\b)', ignoreCase: false, platform: 'linux' },
];
