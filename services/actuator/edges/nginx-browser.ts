import {
  type AgentPattern,
  appOnDevice,
  datedBrowsers,
  notBrowsers,
  platformPatterns,
  undatedBrowsers,
} from './browser-patterns.ts';

/** Browser, version and platform of a user agent as nginx maps. */

export const browserVariables = {
  browser: '$tidegate_browser',
  browser_version: '$tidegate_browser_version',
  platform: '$tidegate_platform',
} as const;
export type BrowserVariable = keyof typeof browserVariables;

const regex = ({ pattern, ignoreCase }: AgentPattern): string => `"~${ignoreCase ? '*' : ''}${pattern}"`;

/** The map that defines one of the variables. */
export function renderBrowserVariable(name: BrowserVariable): readonly string[] {
  const lines = [`map $http_user_agent ${browserVariables[name]} {`, '    default "";'];
  if (name === 'platform') {
    for (const each of platformPatterns) lines.push(`    ${regex(each)} ${each.platform};`);
    return [...lines, '}'];
  }
  const app = { ...appOnDevice, pattern: appOnDevice.pattern.replace('^', '^(?!Mozilla/)') };
  for (const each of [...notBrowsers, app]) lines.push(`    ${regex(each)} "";`);
  const version = name === 'browser_version' ? '(?<tidegate_version>[0-9]{1,6})' : '[0-9]{1,6}';
  const short = name === 'browser_version' ? '(?<tidegate_version>[0-9]{1,4})' : '[0-9]{1,4}';
  const value = (browser: string) => (name === 'browser_version' ? '$tidegate_version' : browser);
  // One line a name, and the first in the text counts: none of the others may stand before it.
  const any = undatedBrowsers.join('|');
  for (const browser of undatedBrowsers)
    lines.push(
      `    "~^(?:(?!\\b(?:${any})/[0-9]).)*\\b${browser}/${short}" ${value(browser.toLowerCase())};`,
    );
  for (const { pattern, browser } of datedBrowsers)
    lines.push(`    "~${pattern.replace('VERSION', version)}" ${value(browser)};`);
  return [...lines, '}'];
}
