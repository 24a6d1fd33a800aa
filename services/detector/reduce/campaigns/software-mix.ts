import { minedAttributes } from '../../layout.ts';
import { type Weighted, weigh } from '../miner/weighted.ts';
import type { SoftwareMix } from '../site/campaign-state.ts';

const at = (name: (typeof minedAttributes)[number]): number => minedAttributes.indexOf(name);
const [ja4, ja3, browser, platform, userAgent] = [
  at('ja4'),
  at('ja3'),
  at('browser'),
  at('platform'),
  at('user_agent'),
];

/** By what its connections show, else by what it calls itself; versions aside, which are many and change with every request. */
function softwareOf({ sample: { attributes } }: Weighted): string {
  const shown = attributes[ja4] ?? attributes[ja3];
  if (shown != null) return shown;
  return attributes[browser] == null
    ? (attributes[userAgent]?.split('/', 1)[0] ?? '')
    : `${attributes[browser]} ${attributes[platform]}`;
}

/** Fewer requests show no mix. */
const leastSamples = 30;

/** In order of name; empty where they are too few to tell. */
export function softwareMix(of: readonly Weighted[]): SoftwareMix {
  if (of.length < leastSamples) return [];
  const total = weigh(of);
  const shares = new Map<string, number>();
  for (const one of of) {
    const software = softwareOf(one);
    shares.set(software, (shares.get(software) ?? 0) + one.weight / total);
  }
  return [...shares].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** So much more of what comes is of one software than before: more than chance makes of as few requests, of however many kinds. */
const risen = 0.3;

/** Whether there is much more of one software than before. People's own kinds are many, and of each of them little. */
export function isOtherSoftware(before: SoftwareMix, now: SoftwareMix): boolean {
  if (before.length === 0 || now.length === 0) return false;
  const was = new Map(before);
  return now.some(([software, share]) => share - (was.get(software) ?? 0) >= risen);
}
