import { isbot, isbotMatch } from 'isbot';
import { createTwoGenerationCache } from '../../lib/two-generation-cache.ts';
import type { BrowserReleases, DatedBrowser, Release } from './browser-releases.ts';

export type ClientClass = 'browser' | 'app' | 'server' | 'unknown';

/** What a user agent says of itself: computed once per text, shared, frozen. */
export interface ClientTraits {
  readonly clientClass: ClientClass;
  readonly browser: string | null;
  readonly version: number | null;
  /** null: no browser whose releases are dated. */
  readonly dated: { readonly browser: DatedBrowser; readonly release: Release } | null;
  readonly platform: string | null;
  /** It calls itself a crawler or another robot. */
  readonly declaredBot: boolean;
  readonly botName: string | null;
  /** Operator whose published ranges prove it, as named in the shipped catalogue. */
  readonly botOperator: string | null;
}

/** Crawlers whose operators publish their addresses: what they call themselves, and the operator of the list. */
const crawlers: readonly (readonly [RegExp, string, string])[] = [
  [
    /\b(?:Googlebot|GoogleOther|Storebot-Google|Google-InspectionTool|AdsBot-Google|Mediapartners-Google)/i,
    'googlebot',
    'Google',
  ],
  [/\b(?:bingbot|BingPreview|adidxbot|msnbot)/i, 'bingbot', 'Microsoft Bing'],
  [/\b(?:DuckDuckBot|DuckAssistBot)/i, 'duckduckbot', 'DuckDuckGo'],
  [/\b(?:GPTBot|OAI-SearchBot|ChatGPT-User)/i, 'openai', 'OpenAI'],
  [/\b(?:PerplexityBot|Perplexity-User)/i, 'perplexitybot', 'Perplexity'],
];

/** HTTP libraries and tools of servers and scripts: robots of nobody in particular. */
const serverAgent =
  /^(?:curl|wget|python|aiohttp|httpx|java|apache-httpclient|go-http-client|go-resty|node|undici|axios|got|superagent|ruby|faraday|php|guzzle(?:http)?|libwww-perl|lwp|perl|postmanruntime|insomnia|restsharp|\.net|dotnet|reactor-?netty|jersey|k6|rust|reqwest|ureq|hyper|scrapy|httpie|jakarta|spring|unirest|symfony|wp_http|zend|feign|vert\.x|akka|jetty|grpc)\b/i;
/** Libraries and run times of mobile apps. */
const appAgent =
  /(?:^|[\s;(])(?:okhttp|cfnetwork|dalvik|alamofire|dart|flutter|react-?native|ktor|volley|nsurlsession|urlsession)\b/i;
/** `Shop/4.2 (iPhone; iOS 18.1; Scale/3.00)`, `com.shop.app/12 (Android 14)`. */
const appOnDevice = /^(?!Mozilla\/)[\w .-]{1,60}\/[\w.+-]+.*\b(?:iPhone|iPad|iOS|Android)\b/i;
/** A page shown inside an app. */
const webView =
  /;\s*wv\)|\b(?:FBAN|FBAV|Instagram|Line\/|MicroMessenger|GSA\/|TikTok|BytedanceWebview|Snapchat|Pinterest)\b/;

/**
 * Browsers built on Chromium with versions of their own. Their engine often lags for honest reasons, so nothing is
 * concluded from its age.
 */
const undatedBrowser =
  /\b(YaBrowser|Vivaldi|UCBrowser|MiuiBrowser|HuaweiBrowser|Whale|DuckDuckGo|Silk|HeyTapBrowser|VivoBrowser|QQBrowser|MQQBrowser|Electron|Brave|QtWebEngine|coc_coc_browser|Puffin|Sogou|360SE|MetaSr)\/(\d{1,4})/;

/** First match counts: browsers name those they are compatible with after (and before) their own name. */
const browserPatterns: readonly (readonly [RegExp, DatedBrowser])[] = [
  [/\b(?:Edg|EdgA|EdgiOS|Edge)\/(\d{1,6})(?:\.(\d{1,4}))?/, 'edge'],
  [/\b(?:OPR|OPT|OPX)\/(\d{1,6})(?:\.(\d{1,4}))?/, 'opera'],
  [/\bSamsungBrowser\/(\d{1,6})(?:\.(\d{1,4}))?/, 'samsung'],
  [/\b(?:Firefox|FxiOS)\/(\d{1,6})(?:\.(\d{1,4}))?/, 'firefox'],
  [/\b(?:HeadlessChrome|Chrome|Chromium|CriOS)\/(\d{1,6})(?:\.(\d{1,4}))?/, 'chrome'],
  [/\b(?:iPhone|iPad|iPod)\b.*\bVersion\/(\d{1,6})(?:\.(\d{1,4}))?.*\bSafari\//, 'ios_safari'],
  [/\bMacintosh\b.*\bVersion\/(\d{1,6})(?:\.(\d{1,4}))?.*\bSafari\//, 'safari'],
];

function platformOf(agent: string): string | null {
  if (/\b(?:iPhone|iPad|iPod|iOS)\b/.test(agent)) return 'ios';
  if (/\bAndroid\b/i.test(agent)) return 'android';
  if (/\bWindows\b/.test(agent)) return 'windows';
  if (/\bCrOS\b/.test(agent)) return 'chromeos';
  if (/\b(?:Macintosh|Mac OS X|macOS|Darwin)\b/.test(agent)) return 'macos';
  if (/\bLinux\b|\bX11\b/.test(agent)) return 'linux';
  return null;
}

/**
 * isbot takes any single word for a robot. Here an agent that does not pose as a browser must say so itself, so that a
 * partner's own client (`AcmeSync/2.1`) is not one.
 */
const saysRobot =
  /^Mozilla\/|bot|crawl|spider|slurp|scan|monitor|check|preview|archiv|index|feed|headless|https?:/i;

/** Longer user agents are judged by their start: no browser needs more, and patterns stay cheap. */
const judgedLength = 512;

export function readUserAgent(userAgent: string, releases: BrowserReleases): ClientTraits {
  const agent = userAgent.slice(0, judgedLength);
  const platform = platformOf(agent);
  const crawler = crawlers.find(([pattern]) => pattern.test(agent));
  const plain = { browser: null, version: null, dated: null, platform };
  if (crawler !== undefined)
    return Object.freeze({
      ...plain,
      clientClass: 'server',
      declaredBot: true,
      botName: crawler[1],
      botOperator: crawler[2],
    });
  const none = { declaredBot: false, botName: null, botOperator: null };
  if (serverAgent.test(agent)) return Object.freeze({ ...plain, ...none, clientClass: 'server' });
  if (appAgent.test(agent) || appOnDevice.test(agent))
    return Object.freeze({ ...plain, ...none, clientClass: 'app' });
  const bot =
    saysRobot.test(agent) && isbot(agent)
      ? {
          declaredBot: true,
          botName: (isbotMatch(agent) ?? 'bot').toLowerCase().trim().slice(0, 64) || 'bot',
          botOperator: null,
        }
      : none;
  const own = undatedBrowser.exec(agent);
  if (own !== null)
    return Object.freeze({
      ...plain,
      ...bot,
      clientClass: 'browser',
      browser: own[1]!.toLowerCase(),
      version: Number(own[2]),
    });
  for (const [pattern, browser] of browserPatterns) {
    const found = pattern.exec(agent);
    if (found === null) continue;
    const version = Number(found[1]);
    // From Chromium 70 on and on iOS the minor part carries no release of its own.
    const release = releases.find(browser, version, Number(found[2] ?? 0));
    return Object.freeze({
      ...bot,
      platform,
      clientClass: webView.test(agent)
        ? 'app'
        : bot.declaredBot && !agent.startsWith('Mozilla/')
          ? 'server'
          : 'browser',
      browser,
      version,
      dated: { browser, release },
    });
  }
  const inApp = platform === 'ios' && agent.includes('AppleWebKit');
  return Object.freeze({
    ...plain,
    ...bot,
    clientClass: inApp || webView.test(agent) ? 'app' : bot.declaredBot ? 'server' : 'unknown',
  });
}

const noAgent: ClientTraits = Object.freeze({
  clientClass: 'unknown',
  browser: null,
  version: null,
  dated: null,
  platform: null,
  declaredBot: false,
  botName: null,
  botOperator: null,
});

/** The same with its fields in one order: records are built from it, and one layout is read several times as fast. */
function uniform(traits: ClientTraits): ClientTraits {
  const { clientClass, browser, version, dated, platform, declaredBot, botName, botOperator } = traits;
  return Object.freeze({
    clientClass,
    browser,
    version,
    dated,
    platform,
    declaredBot,
    botName,
    botOperator,
  });
}

/** Remembers what it read, by the text: bounded, because attackers send random ones. */
export function createClientTraits(
  releases: BrowserReleases,
  remembered: number,
): (userAgent: string | null) => ClientTraits {
  const cache = createTwoGenerationCache<string, ClientTraits>(remembered);
  return (userAgent) => {
    if (userAgent === null || userAgent === '' || userAgent === '-') return noAgent;
    let traits = cache.get(userAgent);
    if (traits === undefined) {
      traits = uniform(readUserAgent(userAgent, releases));
      cache.set(userAgent, traits);
    }
    return traits;
  };
}
