import { minedAttributes } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { type Weighted, weigh } from '../miner/weighted.ts';

/** Total variation distance up to which requests come from where people do, by attribute: so far samples of a dozen networks differ by chance. */
const mostApart: readonly (readonly [(typeof minedAttributes)[number], number])[] = [
  ['country', 0.2],
  ['asn', 0.45],
];
/** Of what is normal, the share of which it must be known where it comes from. */
const leastKnown = 0.5;

/** Whether requests come from the countries and networks that people come from, in the shares that they do. false: not known either. */
export function areFromUsualPlaces(some: readonly Weighted[], usual: readonly Sample[]): boolean {
  const people = usual.map((sample): Weighted => ({ sample, weight: 1 }));
  return mostApart.every(([name, most]) => {
    const place = minedAttributes.indexOf(name);
    const [shares, usually] = [sharesOf(some, place), sharesOf(people, place)];
    if (1 - (usually.get(null) ?? 0) < leastKnown) return false;
    let apart = 0;
    for (const value of new Set([...shares.keys(), ...usually.keys()]))
      apart += Math.abs((shares.get(value) ?? 0) - (usually.get(value) ?? 0));
    return apart / 2 <= most;
  });
}

function sharesOf(requests: readonly Weighted[], place: number): Map<string | null, number> {
  const all = weigh(requests);
  const shares = new Map<string | null, number>();
  for (const { sample, weight } of requests) {
    const value = sample.attributes[place] ?? null;
    shares.set(value, (shares.get(value) ?? 0) + weight / all);
  }
  return shares;
}
