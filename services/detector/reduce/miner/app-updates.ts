import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { createTwoGenerationCache } from '../../../../lib/two-generation-cache.ts';
import { minedAttributes, traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import type { Weighted } from './weighted.ts';

/**
 * People update their apps: whoever uses an earlier version today sends the user agent of the newest tomorrow, and a
 * release brings it to all of them within hours, its faults as well. So a version costs what the earlier ones would, be it
 * ever so new. Only upwards: nobody goes back, and who imitates an app mostly imitates an old one. And only on the same
 * device: a user agent that names it stays with those who hold one, and a list of models that a tool was given is not what
 * a release brings. A product names none, so it costs everyone who has an earlier one.
 */

interface AppVersion {
  /** Its name, and what its user agent says besides: the device and its system, not what an update changes. */
  readonly app: string;
  /** Parts of the version as one number that orders them. */
  readonly order: number;
}

/** What names the version of an app. */
type Naming = 'user_agent' | 'product';
const isNaming = (attribute: string): attribute is Naming =>
  attribute === 'user_agent' || attribute === 'product';
const places: { readonly [naming in Naming]: number } = {
  user_agent: minedAttributes.indexOf('user_agent'),
  product: minedAttributes.indexOf('product'),
};
const firstProduct = /^([A-Za-z][\w.%+-]{0,63})\/(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?/;
/**
 * What else an update of an app changes: the versions of its libraries, the number of its build. Versions of the system (`Android 14`,
 * `iOS 26.1`) and models stay.
 */
const changing = [
  /(?<=[A-Za-z][\w.+-]{0,63}\/)v?\d[\w.]*/g,
  /(?<=\b(?:build|version|rev|v)[ :=_-]?)\d[\w.]*/gi,
  /(?<=[;(,] *)\d+(?:\.\d+)*(?= *[;),])/g,
  /\d{5,}/g,
] as const;
const unchanging = (rest: string): string => changing.reduce((text, part) => text.replace(part, ''), rest);
const scale = 1e5;
const none: AppVersion = { app: '', order: 0 };
const parsed = createTwoGenerationCache<string, AppVersion>(5000);

function versionOf(agent: string): AppVersion | null {
  let found = parsed.get(agent);
  if (found === undefined) {
    const match = firstProduct.exec(agent);
    found =
      match === null || match[1] === 'Mozilla'
        ? none
        : {
            app: match[1]! + unchanging(agent.slice(match[0].length)),
            order: (Number(match[2]) * scale + Number(match[3] ?? 0)) * scale + Number(match[4] ?? 0),
          };
    parsed.set(agent, found);
  }
  return found === none ? null : found;
}

function appOf({ attributes }: Sample, naming: Naming): AppVersion | null {
  const agent = attributes[places[naming]];
  return attributes[traitIndex.client_class] !== 'app' || agent === null || agent === undefined
    ? null
    : versionOf(agent);
}

/** Those that a predicate would select once they have updated their apps; null: the same as now. */
export function updatedInto({ attribute, op, values }: Predicate): ((sample: Sample) => boolean) | null {
  if (!isNaming(attribute) || op !== 'in') return null;
  const newest = new Map<string, number>();
  for (const agent of values) {
    const version = versionOf(agent);
    if (version !== null) newest.set(version.app, Math.max(version.order, newest.get(version.app) ?? 0));
  }
  if (newest.size === 0) return null;
  return (sample) => {
    const version = appOf(sample, attribute);
    return version !== null && version.order < (newest.get(version.app) ?? 0);
  };
}

type AppWeights = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Requests of each app by version: what is added up of an array is kept, so it must not change. */
const weightsOf: { readonly [naming in Naming]: WeakMap<readonly Weighted[], AppWeights> } = {
  user_agent: new WeakMap(),
  product: new WeakMap(),
};

function appWeights(of: readonly Weighted[], naming: Naming): AppWeights {
  const known = weightsOf[naming].get(of);
  if (known !== undefined) return known;
  const weights = new Map<string, Map<number, number>>();
  for (const { sample, weight } of of) {
    const version = appOf(sample, naming);
    if (version === null) continue;
    const app = weights.get(version.app) ?? new Map<number, number>();
    app.set(version.order, (app.get(version.order) ?? 0) + weight);
    weights.set(version.app, app);
  }
  weightsOf[naming].set(of, weights);
  return weights;
}

/** Weight of those whose apps would have this value of the attribute once they are updated. */
export function weightBeforeUpdate(of: readonly Weighted[], attribute: string, value: string | null): number {
  if (!isNaming(attribute)) return 0;
  const version = value === null ? null : versionOf(value);
  if (version === null) return 0;
  let before = 0;
  for (const [order, weight] of appWeights(of, attribute).get(version.app) ?? [])
    if (order < version.order) before += weight;
  return before;
}
