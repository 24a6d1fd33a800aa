import {
  type AgentPattern,
  appOnDevice,
  datedBrowsers,
  notBrowsers,
  platformPatterns,
  undatedBrowsers,
} from '../edges/browser-patterns.ts';
import { all, any, type Condition, InexpressibleError, match, not } from './condition.ts';

/**
 * Browser, version and platform of a user agent as conditions: the reading of the enricher, which tries patterns in
 * order, so that each holds only where no earlier one does. Where the two differ, fewer requests are selected, never
 * more.
 */

const agent = (patterns: readonly string[], ignoreCase = false): Condition =>
  match('user_agent', patterns, ignoreCase);
const oneOf = (patterns: readonly AgentPattern[]): Condition =>
  any(
    ...[true, false].map((ignoreCase) =>
      agent(
        patterns.filter((one) => one.ignoreCase === ignoreCase).map(({ pattern }) => pattern),
        ignoreCase,
      ),
    ),
  );

/** It is no crawler, library or app. */
const isBrowser: Condition = all(
  not(oneOf(notBrowsers)),
  // An app names its device, but does not begin as browsers do.
  not(all(oneOf([appOnDevice]), not(agent(['^Mozilla/'], true)))),
);
const number = '[0-9]{1,6}';
const undated = (names: readonly string[]): Condition =>
  agent(names.length === 0 ? [] : [`\\b(?:${names.join('|')})/[0-9]`]);

/** Any browser whose version can be read. */
const anyBrowser: Condition = all(
  isBrowser,
  any(
    undated(undatedBrowsers),
    agent(datedBrowsers.map(({ pattern }) => pattern.replace('VERSION', number))),
  ),
);

/** The browser is one of these, with a version of this pattern. */
function browserWith(browser: string, version: string): Condition {
  const other = undatedBrowsers.filter((name) => name.toLowerCase() !== browser);
  if (other.length < undatedBrowsers.length) {
    const own = undatedBrowsers.find((name) => name.toLowerCase() === browser)!;
    // The first in the text counts; where there is another one, it is left alone.
    return all(isBrowser, agent([`\\b${own}/${version}`]), not(undated(other)));
  }
  const at = datedBrowsers.findIndex((one) => one.browser === browser);
  if (at < 0) throw new InexpressibleError(`no pattern for browser ${JSON.stringify(browser)}`);
  return all(
    isBrowser,
    agent([datedBrowsers[at]!.pattern.replace('VERSION', version)]),
    not(undated(undatedBrowsers)),
    not(agent(datedBrowsers.slice(0, at).map(({ pattern }) => pattern.replace('VERSION', number)))),
  );
}

export interface AgentQuestion {
  /** null: any browser. */
  readonly browsers: readonly string[] | null;
  readonly browsersNot: readonly string[];
  /** Pattern of the version; null: any. */
  readonly version: string | null;
}

export function browserCondition({ browsers, browsersNot, version }: AgentQuestion): Condition {
  const wanted = browsers?.filter((browser) => !browsersNot.includes(browser)) ?? null;
  // A version ends where the digits end.
  const pattern = version === null ? number : `${version}\\b`;
  if (wanted !== null) return any(...wanted.map((browser) => browserWith(browser, pattern)));
  if (browsersNot.length === 0 && version === null) return anyBrowser;
  const named = datedBrowsers.map(({ browser }) => browser);
  return any(
    ...named
      .filter((browser) => !browsersNot.includes(browser))
      .map((browser) => browserWith(browser, pattern)),
  );
}

export const noBrowser: Condition = not(anyBrowser);

export function platformCondition(platforms: readonly string[]): Condition {
  return any(
    ...platforms.map((platform) => {
      const at = platformPatterns.findIndex((one) => one.platform === platform);
      if (at < 0) throw new InexpressibleError(`no pattern for platform ${JSON.stringify(platform)}`);
      return all(oneOf([platformPatterns[at]!]), not(oneOf(platformPatterns.slice(0, at))));
    }),
  );
}

export const anyPlatform: Condition = oneOf(platformPatterns);
