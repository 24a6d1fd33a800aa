import type { GroupKind } from '../../groups.ts';
import { type CountName, countIndex, flag, minedAttributes, suspiciousFlags } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { markSamples, type Scope, samplesOf, setCount } from './scope.ts';

/**
 * Where the good clients of a site come from and what they browse with, learned from samples of clean panes: weights by
 * country, and by TLS fingerprint and browser. What is judged by it is counted here, from the samples of a pane:
 * combine cannot know it without feedback.
 */
export interface SiteMix {
  readonly countries: Map<string, number>;
  countryTotal: number;
  /** By JA4, then browser family. */
  readonly fingerprints: Map<string, Map<string, number>>;
  /** By browser family. */
  readonly browsers: Map<string, number>;
}

/** Samples before anything is called unusual, and the share below which something is. */
const countries = { least: 200, share: 0.003 } as const;
const browsers = { leastFingerprint: 60, leastBrowser: 400, share: 0.003 } as const;
const limits = { countries: 300, fingerprints: 2000, browsers: 24 } as const;

const countryAt = minedAttributes.indexOf('country');
const ja4At = minedAttributes.indexOf('ja4');
const browserAt = minedAttributes.indexOf('browser');

export function createSiteMix(): SiteMix {
  return { countries: new Map(), countryTotal: 0, fingerprints: new Map(), browsers: new Map() };
}

/** Takes in the samples of a clean bucket: of clients that read pages, on networks and with browsers of people. */
export function learnMix(mix: SiteMix, samples: readonly Sample[]): void {
  for (const { attributes, flags } of samples) {
    if ((flags & (suspiciousFlags | flag.verified)) !== 0) continue;
    const country = attributes[countryAt] ?? null;
    if (country !== null && (mix.countries.has(country) || mix.countries.size < limits.countries)) {
      add(mix.countries, country);
      mix.countryTotal++;
    }
    const ja4 = attributes[ja4At] ?? null;
    const browser = attributes[browserAt] ?? null;
    if (ja4 === null || browser === null) continue;
    if (mix.browsers.has(browser) || mix.browsers.size < limits.browsers) add(mix.browsers, browser);
    let known = mix.fingerprints.get(ja4);
    if (known === undefined) {
      if (mix.fingerprints.size >= limits.fingerprints) continue;
      known = new Map();
      mix.fingerprints.set(ja4, known);
    }
    if (known.has(browser) || known.size < limits.browsers) add(known, browser);
  }
}

/** Seen less than this, as time passed: it makes room for what comes up. */
const leastWeight = 0.5;

/** Forgets half of everything: called once per half-life. */
export function halveMix(mix: SiteMix): void {
  const halve = (weights: Map<string, number>): void => {
    for (const [name, weight] of weights)
      if (weight / 2 < leastWeight) weights.delete(name);
      else weights.set(name, weight / 2);
  };
  halve(mix.countries);
  // halves of whole numbers: exact in any order
  mix.countryTotal = [...mix.countries.values()].reduce((total, weight) => total + weight, 0);
  halve(mix.browsers);
  for (const [ja4, known] of mix.fingerprints) {
    halve(known);
    if (known.size === 0) mix.fingerprints.delete(ja4);
  }
}

function add(weights: Map<string, number>, name: string): void {
  weights.set(name, (weights.get(name) ?? 0) + 1);
}

/** The site has no genuine business there; null: not known. `genuine`: what the configuration says, which then decides. */
export function isForeign(
  mix: SiteMix,
  country: string,
  genuine: ReadonlySet<string> | null,
): boolean | null {
  if (genuine !== null) return !genuine.has(country);
  if (mix.countryTotal < countries.least) return null;
  return (mix.countries.get(country) ?? 0) < countries.share * mix.countryTotal;
}

/**
 * Good clients with this fingerprint use other browsers, or those with this browser have other fingerprints; null: too
 * little is known of both. What stands between people and the site (an inspecting proxy) is learned with all the
 * browsers behind it.
 */
export function isContradicted(mix: SiteMix, ja4: string, browser: string): boolean | null {
  const ofFingerprint = mix.fingerprints.get(ja4);
  const together = ofFingerprint?.get(browser) ?? 0;
  let total = 0;
  for (const weight of ofFingerprint?.values() ?? []) total += weight;
  if (total >= browsers.leastFingerprint) return together < browsers.share * total;
  const ofBrowser = mix.browsers.get(browser) ?? 0;
  if (ofBrowser >= browsers.leastBrowser) return together < browsers.share * ofBrowser;
  return null;
}

const judgedNames: ReadonlySet<string> = new Set<CountName>(['foreign', 'cold_foreign', 'contradicted']);

/** Kinds of groups in which a policy asks for what is judged here. */
export function judgedKinds(policies: readonly Policy[]): ReadonlySet<GroupKind> {
  return new Set(
    policies
      .filter(({ features }) => features.some(({ spec }) => 'of' in spec && judgedNames.has(spec.of)))
      .map(({ scope }) => scope),
  );
}

/** Judges the newest pane of a scope: marks its samples and counts what they stand for. */
export function judgePane(
  scope: Scope,
  pane: number,
  mix: SiteMix,
  genuine: ReadonlySet<string> | null,
): void {
  const contradiction = ({ attributes, flags }: Sample): boolean | null => {
    const ja4 = attributes[ja4At] ?? null;
    const browser = attributes[browserAt] ?? null;
    if (ja4 === null || browser === null || (flags & flag.verified) !== 0) return null;
    return isContradicted(mix, ja4, browser);
  };
  markSamples(scope, (sample) => {
    const country = sample.attributes[countryAt] ?? null;
    const verified = (sample.flags & flag.verified) !== 0;
    const foreign = !verified && country !== null && isForeign(mix, country, genuine) === true;
    return (
      sample.flags | (foreign ? flag.foreign : 0) | (contradiction(sample) === true ? flag.contradicted : 0)
    );
  });
  let [foreign, cold, contradicted, judged] = [0, 0, 0, 0];
  for (const { sample, weight } of samplesOf(scope, pane, 1, () => true)) {
    if ((sample.flags & flag.foreign) !== 0) {
      foreign += weight;
      if ((sample.flags & flag.direct) !== 0) cold += weight;
    }
    if ((sample.flags & flag.contradicted) !== 0) contradicted += weight;
    if (contradiction(sample) !== null) judged += weight;
  }
  setCount(scope, countIndex.foreign, pane, Math.round(foreign));
  setCount(scope, countIndex.cold_foreign, pane, Math.round(cold));
  setCount(scope, countIndex.contradicted, pane, Math.round(contradicted));
  setCount(scope, countIndex.fingerprint_known, pane, Math.round(judged));
}
