import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, checkConfig } from '../../../lib/config.ts';
import { inPackage } from '../../../lib/package-root.ts';
import type { YamlSource } from '../../../lib/yaml-source.ts';
import {
  type Condition,
  compileCondition,
  conditionProblems,
  namesIn,
  type Vocabulary,
} from './condition.ts';
import { type FeatureSpec, featureKey, type PolicyDocument, policySchema } from './policy-schema.ts';

export type ScopeKind = 'site' | 'endpoint' | 'partner_endpoint' | 'client';

/** A policy ready to run. */
export interface Policy {
  readonly document: PolicyDocument;
  /** SHA-256 of what the file says, without its tests and comments, shortened: names the version in verdicts. */
  readonly hash: string;
  readonly scope: ScopeKind;
  readonly features: readonly {
    readonly name: string;
    readonly key: string;
    readonly spec: FeatureSpec;
  }[];
  /** Which groups it looks at. */
  readonly matches: Condition;
  readonly condition: Condition;
  /** Names that the condition speaks of. */
  readonly uses: ReadonlySet<string>;
  /** OWASP, OAT and ATT&CK ids from the tags, as people write them. */
  readonly taxonomy: readonly string[];
}

function scopeOf(groupBy: readonly string[]): ScopeKind | null {
  const key = [...groupBy].sort().join('+');
  if (key === 'endpoint' || key === 'client' || key === 'site') return key;
  return key === 'endpoint+partner' ? 'partner_endpoint' : null;
}

/** `owasp.api4-2019` -> `OWASP API4:2019`, `oat.oat-008` -> `OAT-008`, `attack.t1110.004` -> `ATT&CK T1110.004`. */
function taxonomyOf(tag: string): string {
  const [family, ...rest] = tag.split('.');
  const name = rest.join('.').toUpperCase();
  if (family === 'owasp') return `OWASP ${name.replace('-', ':')}`;
  if (family === 'oat') return name;
  return family === 'attack' ? `ATT&CK ${name}` : tag;
}

function contentHash({ tests: _, ...content }: PolicyDocument): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

const specOf = (feature: PolicyDocument['features'][string]): FeatureSpec =>
  feature.type === 'client'
    ? { type: 'client', of: feature.of, spanMs: 60_000 }
    : feature.type === 'event_count'
      ? { type: 'event_count', spanMs: feature.timespan }
      : feature.type === 'ratio'
        ? { type: 'ratio', of: feature.of, spanMs: feature.timespan }
        : { type: 'value_count', of: feature.of, spanMs: feature.timespan };

/** Features as far as they can be made out, so that conditions are checked even when something else is wrong. */
function declared(yaml: YamlSource): ReadonlyMap<string, boolean> {
  const features = (yaml.value as { features?: unknown } | undefined)?.features;
  if (features === null || typeof features !== 'object') return new Map();
  return new Map(
    Object.entries(features).map(([name, spec]) => [name, (spec as { type?: unknown })?.type === 'ratio']),
  );
}

/**
 * Compiles one policy. Throws a ConfigError with all its problems, each `file:line:column: field: what is wrong`; inside
 * a CEL expression line and column are those of the token.
 */
export function compilePolicy(file: string, text: string): Policy {
  const { value: document, problems: found, yaml } = checkConfig(policySchema, { name: file, text }, {});
  const problems = [...found];
  const problem = (offset: number | undefined, message: string): void => {
    problems.push({ offset: offset ?? -1, text: `${yaml.place(offset)}: ${message}` });
  };
  const features = declared(yaml);
  const raw = (yaml.value ?? {}) as {
    readonly match?: unknown;
    readonly condition?: unknown;
    features?: object;
  };
  const byClient = Object.values(raw.features ?? {}).some((feature) => feature?.type === 'client');
  for (const field of ['match', 'condition'] as const) {
    const expression = raw[field];
    if (typeof expression !== 'string') continue;
    const vocabulary: Vocabulary =
      field === 'match'
        ? { features: new Map(), in: 'match' }
        : { features, in: byClient ? 'clients' : 'groups' };
    for (const { at, message } of conditionProblems(expression, vocabulary))
      problem(yaml.characterAt([field], at), `${field}: ${message}`);
  }
  const specs = Object.entries(document?.features ?? {}).map(([name, feature]) => {
    const spec = specOf(feature);
    return {
      name,
      key: featureKey(spec),
      spec,
      scope: scopeOf(feature['group-by']),
      by: feature['group-by'],
    };
  });
  const scope = specs[0]?.scope ?? null;
  for (const { name, spec, scope: own, by } of specs) {
    const place = yaml.valueAt(['features', name, 'group-by']);
    if (own === null)
      problem(
        place,
        `features.${name}: can't group by ${by.join(', ')} (site, endpoint, endpoint and partner, or client)`,
      );
    else if (own !== scope)
      problem(place, `features.${name}: all features of a policy must have the same group-by`);
    else if ((own === 'client') !== (spec.type === 'client'))
      problem(place, `features.${name}: type client and group-by [client] belong together`);
  }
  if (document !== null && specs.length === 0)
    problem(yaml.keyAt(['features']), 'features: a policy needs at least one');
  if (problems.length > 0 || document === null)
    throw new ConfigError(problems.sort((a, b) => a.offset - b.offset).map((one) => one.text));
  return {
    document,
    hash: contentHash(document),
    scope: scope!,
    features: specs.map(({ name, key, spec }) => ({ name, key, spec })),
    matches: compileCondition(document.match),
    condition: compileCondition(document.condition),
    uses: new Set(namesIn(document.condition)),
    taxonomy: document.tags.map(taxonomyOf),
  };
}

/** A policy file as it was read: the policy, or what is wrong with it. */
export interface PolicyFile {
  readonly path: string;
  readonly policy: Policy | null;
  readonly problems: readonly string[];
}

/** Every *.yaml of a folder by file name, or one file; '' is the shipped set. Policies with `mode: off` are among them. */
export function readPolicyFiles(place: string): PolicyFile[] {
  const from = place === '' ? inPackage('policies') : place;
  if (!existsSync(from)) throw new ConfigError([`${from}: no such file or folder`]);
  const paths = statSync(from).isDirectory()
    ? readdirSync(from)
        .sort()
        .filter((name) => /\.ya?ml$/.test(name))
        .map((name) => join(from, name))
    : [from];
  const first = new Map<string, string>();
  return paths.map((path) => {
    try {
      const policy = compilePolicy(path, readFileSync(path, 'utf8'));
      const { id } = policy.document;
      const other = first.get(id);
      if (other !== undefined)
        return { path, policy: null, problems: [`${path}: id: ${other} has the same one`] };
      first.set(id, path);
      return { path, policy, problems: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { path, policy: null, problems: error.problems };
    }
  });
}

/**
 * The policies of a folder that are not off; '' is the shipped set. All problems of all files are thrown together as
 * one ConfigError.
 */
export function loadPolicies(folder: string): Policy[] {
  const files = readPolicyFiles(folder);
  const problems = files.flatMap((file) => file.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return files.flatMap(({ policy }) => (policy === null || policy.document.mode === 'off' ? [] : [policy]));
}

/** One hash for a set of policies, whatever the order of its files. */
export function policySetHash(policies: readonly Policy[]): string {
  const hash = createHash('sha256');
  for (const policy of [...policies].sort((a, b) => (a.document.id < b.document.id ? -1 : 1)))
    hash.update(policy.document.id).update(policy.hash);
  return hash.digest('hex').slice(0, 16);
}

/** Which policies can fire on an input that shows these fields, and which field each of the others lacks. */
export function policyRequires(
  policies: readonly Policy[],
  present: ReadonlySet<string>,
): { readonly policy: Policy; readonly missing: readonly string[] }[] {
  return policies.map((policy) => ({
    policy,
    missing: policy.document.requires.filter((field) => !field.split('|').some((name) => present.has(name))),
  }));
}
