import {
  type AgentPattern,
  appOnDevice,
  datedBrowsers,
  notBrowsers,
  platformPatterns,
  undatedBrowsers,
} from './browser-patterns.ts';
import { all, any, type Condition, fits, not } from './envoy-predicate.ts';
import { atLeastPattern, atMostPattern } from './pattern-text.ts';

/**
 * Browser, version and platform of a user agent as Envoy's predicates. RE2 looks neither ahead nor back, so "the first
 * pattern that fits" is said with `not`. An agent that names several Chromium browsers of its own, one of them twice, may
 * be taken for another of those than the enricher takes it for.
 */

const agent = ({ pattern, ignoreCase }: AgentPattern): Condition =>
  fits('user-agent', `${ignoreCase ? '(?is)' : '(?s)'}.*(?:${pattern}).*`);
const plain = (pattern: string): Condition => agent({ pattern, ignoreCase: false });
/** One expression for several is one pass over the header. */
const anyOf = (patterns: readonly string[]): string => patterns.map((pattern) => `(?:${pattern})`).join('|');

const anyUndated = `\\b(?:${undatedBrowsers.join('|')})/[0-9]`;
const isNone: Condition = any(
  agent({ pattern: anyOf(notBrowsers.map(({ pattern }) => pattern)), ignoreCase: true }),
  all(not(agent({ pattern: '^Mozilla/', ignoreCase: true })), agent(appOnDevice)),
);
const dated = (pattern: string, version: string): string => pattern.replace('VERSION', version);
const datedPatterns: readonly string[] = datedBrowsers.map(({ pattern }) => dated(pattern, '[0-9]'));
/** None of those that are tried before. */
const isFirstDated = (index: number): Condition =>
  index === 0 || not(plain(anyOf(datedPatterns.slice(0, index))));

/** One of `chrome`, `vivaldi` ... */
export function isBrowser(names: readonly string[]): Condition {
  const own = undatedBrowsers.filter((browser) => names.includes(browser.toLowerCase()));
  const others = undatedBrowsers.filter((browser) => !own.includes(browser));
  const ofOwn = own.join('|');
  const isOwn =
    own.length > 0 &&
    all(
      plain(`\\b(?:${ofOwn})/[0-9]`),
      others.length === 0 || not(plain(`\\b(?:${others.join('|')})/[0-9].*\\b(?:${ofOwn})/[0-9]`)),
    );
  const ofDated = datedBrowsers.flatMap(({ browser }, index) =>
    names.includes(browser) ? [all(plain(datedPatterns[index]!), isFirstDated(index))] : [],
  );
  return all(any(isOwn, all(any(...ofDated), not(plain(anyUndated)))), not(isNone));
}

export const hasBrowser: Condition = all(plain(anyOf([anyUndated, ...datedPatterns])), not(isNone));

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
            all(plain(dated(pattern, `(?:${version})`)), isFirstDated(index)),
          ),
        ),
      ),
    ),
    not(isNone),
  );
}

export function isPlatform(name: string): Condition {
  const index = platformPatterns.findIndex(({ platform }) => platform === name);
  return (
    index >= 0 &&
    all(agent(platformPatterns[index]!), ...platformPatterns.slice(0, index).map((each) => not(agent(each))))
  );
}

export const hasPlatform: Condition = any(...platformPatterns.map(agent));
