import {
  type AgentPattern,
  appOnDevice,
  datedBrowsers,
  notBrowsers,
  platformPatterns,
  undatedBrowsers,
} from './browser-patterns.ts';
import { all, any, type Condition, fits, isSent, not } from './envoy-predicate.ts';
import { atLeastPattern, atMostPattern } from './pattern-text.ts';

/**
 * Browser, version and platform of a user agent as Envoy's predicates. RE2 looks neither ahead nor back, so "the first
 * pattern that fits" is said with `not`. An agent that names several Chromium browsers of its own, one of them twice, may
 * be taken for another of those than the enricher takes it for.
 */

const agent = ({ pattern, ignoreCase }: AgentPattern): Condition => {
  const flags = ignoreCase ? '(?is)' : '(?s)';
  return pattern.startsWith('^')
    ? fits('user-agent', `${flags}${pattern.slice(1)}.*`)
    : fits('user-agent', `${flags}.*(?:${pattern}).*`);
};
const plain = (pattern: string): Condition => agent({ pattern, ignoreCase: false });

const anyUndated = `\\b(?:${undatedBrowsers.join('|')})/[0-9]`;
const isNone: Condition = any(
  ...notBrowsers.map(agent),
  all(not(agent({ pattern: '^Mozilla/', ignoreCase: true })), agent(appOnDevice)),
);
const dated = (pattern: string, version: string): string => pattern.replace('VERSION', version);
const fitsDated = (index: number): Condition => plain(dated(datedBrowsers[index]!.pattern, '[0-9]'));
const isDated = (index: number): Condition =>
  all(...datedBrowsers.slice(0, index).map((_, earlier) => not(fitsDated(earlier))), fitsDated(index));

/** `chrome`, `vivaldi`. */
export function isBrowser(name: string): Condition {
  const indices = datedBrowsers.flatMap(({ browser }, index) => (browser === name ? [index] : []));
  const own = undatedBrowsers.find((browser) => browser.toLowerCase() === name);
  if (own !== undefined) {
    const others = undatedBrowsers.filter((browser) => browser !== own).join('|');
    const notFirst = plain(`\\b(?:${others})/[0-9].*\\b${own}/[0-9]`);
    return all(plain(`\\b${own}/[0-9]`), not(notFirst), not(isNone));
  }
  return all(any(...indices.map(isDated)), not(plain(anyUndated)), not(isNone));
}

export const hasBrowser: Condition = all(
  any(plain(anyUndated), ...datedBrowsers.map((_, index) => fitsDated(index))),
  not(isNone),
);

export function hasVersion(op: 'lte' | 'gte', bound: number): Condition {
  const version = `${op === 'lte' ? atMostPattern(bound) : atLeastPattern(bound)}\\b`;
  return isVersion(version);
}

/** The version reads like the pattern. */
export function isVersion(version: string): Condition {
  return all(
    any(
      plain(`\\b(?:${undatedBrowsers.join('|')})/${version}`),
      all(
        not(plain(anyUndated)),
        any(
          ...datedBrowsers.map(({ pattern }, index) =>
            all(isDated(index), plain(dated(pattern, `(?:${version})`))),
          ),
        ),
      ),
    ),
    not(isNone),
  );
}

export function isPlatform(name: string): Condition {
  return any(
    ...platformPatterns.flatMap(({ platform }, index) =>
      platform === name
        ? [
            all(
              agent(platformPatterns[index]!),
              ...platformPatterns.slice(0, index).map((each) => not(agent(each))),
            ),
          ]
        : [],
    ),
  );
}

export const hasPlatform: Condition = all(isSent('user-agent'), any(...platformPatterns.map(agent)));
