import { createTwoGenerationCache } from '../../../lib/two-generation-cache.ts';
import {
  type AgentPattern,
  appOnDevice,
  datedBrowsers,
  notBrowsers,
  platformPatterns,
  undatedBrowsers,
} from './browser-patterns.ts';

export interface BrowserReading {
  readonly browser: string | null;
  readonly version: number | null;
  readonly platform: string | null;
}

const regexOf = ({ pattern, ignoreCase }: AgentPattern): RegExp => new RegExp(pattern, ignoreCase ? 'i' : '');
const none = notBrowsers.map(regexOf);
const app = regexOf(appOnDevice);
const undated = new RegExp(`\\b(${undatedBrowsers.join('|')})/([0-9]{1,4})`);
const dated = datedBrowsers.map(({ pattern, browser }) => ({
  browser,
  regex: new RegExp(pattern.replace('VERSION', '([0-9]{1,6})')),
}));
const platforms = platformPatterns.map((each) => ({ platform: each.platform, regex: regexOf(each) }));

/** What a user agent says of itself, as the enricher reads it. */
export function readBrowser(agent: string): BrowserReading {
  const platform = platforms.find(({ regex }) => regex.test(agent))?.platform ?? null;
  const isNone = none.some((regex) => regex.test(agent)) || (!/^Mozilla\//i.test(agent) && app.test(agent));
  if (isNone) return { browser: null, version: null, platform };
  const own = undated.exec(agent);
  if (own !== null) return { browser: own[1]!.toLowerCase(), version: Number(own[2]), platform };
  for (const { browser, regex } of dated) {
    const found = regex.exec(agent);
    if (found !== null) return { browser, version: Number(found[1]), platform };
  }
  return { browser: null, version: null, platform };
}

const noAgent: BrowserReading = Object.freeze({ browser: null, version: null, platform: null });
/** Longer ones are judged by their start, as in the enricher. */
const judgedLength = 512;

/** Remembers what it read, by the text: bounded, because attackers send random ones. */
export function createBrowserReader(remembered: number): (agent: string | null) => BrowserReading {
  const cache = createTwoGenerationCache<string, BrowserReading>(remembered);
  return (agent) => {
    if (agent === null || agent === '') return noAgent;
    const text = agent.slice(0, judgedLength);
    let reading = cache.get(text);
    if (reading === undefined) {
      reading = readBrowser(text);
      cache.set(text, reading);
    }
    return reading;
  };
}
