import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, parseConfig } from '../../../lib/config.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { type Condition, compileCondition, namesIn } from './condition.ts';
import { type FeatureSpec, featureKey, type PolicyDocument, policySchema } from './policy-schema.ts';

export type ScopeKind = 'site' | 'endpoint' | 'partner_endpoint' | 'client';

/** A policy ready to run. */
export interface Policy {
  readonly document: PolicyDocument;
  /** SHA-256 of the file's text, shortened: names the version in verdicts. */
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

const known = new Set([
  'endpoint',
  'client',
  'peers',
  'siblings',
  'normal',
  'excess',
  'surprise',
  'function',
  'true',
  'false',
  'null',
  'in',
  'p50',
  'p99',
]);

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

/** Compiles one policy; `problems` are `file:line:column: message` (line and column where the parser knows them). */
export function compilePolicy(file: string, text: string): Policy {
  const document = parseConfig(policySchema, { name: file, text }, {});
  const problems: string[] = [];
  const line = (field: string): string => {
    const at = text.split('\n').findIndex((row) => row.startsWith(`${field}:`));
    return at < 0 ? file : `${file}:${at + 1}:1`;
  };
  const compile = (field: 'match' | 'condition'): Condition => {
    try {
      return compileCondition(document[field]);
    } catch (error) {
      problems.push(`${line(field)}: ${field}: ${(error as Error).message.split('\n')[0]}`);
      return () => false;
    }
  };
  const matches = compile('match');
  const condition = compile('condition');
  for (const name of namesIn(document.condition))
    if (!known.has(name) && document.features[name] === undefined)
      problems.push(`${line('condition')}: condition: no feature is called ${JSON.stringify(name)}`);

  const scopes = new Set<string>();
  const features = Object.entries(document.features).map(([name, feature]) => {
    scopes.add(scopeOf(feature['group-by']) ?? `?${feature['group-by'].join(', ')}`);
    const spec: FeatureSpec =
      feature.type === 'client'
        ? { type: 'client', of: feature.of, spanMs: 60_000 }
        : feature.type === 'event_count'
          ? { type: 'event_count', spanMs: feature.timespan }
          : feature.type === 'ratio'
            ? { type: 'ratio', of: feature.of, spanMs: feature.timespan }
            : { type: 'value_count', of: feature.of, spanMs: feature.timespan };
    return { name, key: featureKey(spec), spec };
  });
  const scope = [...scopes][0] ?? '?nothing';
  if (scopes.size !== 1) problems.push(`${line('features')}: features: all must have the same group-by`);
  else if (scope.startsWith('?'))
    problems.push(
      `${line('features')}: features: can't group by ${scope.slice(1)} (site, endpoint, endpoint and partner, or client)`,
    );
  if (
    scope === 'client'
      ? features.some((f) => f.spec.type !== 'client')
      : features.some((f) => f.spec.type === 'client')
  )
    problems.push(`${line('features')}: features: type client and group-by [client] belong together`);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    document,
    hash: createHash('sha256').update(text).digest('hex').slice(0, 16),
    scope: scope as ScopeKind,
    features,
    matches,
    condition,
    uses: new Set(namesIn(document.condition)),
    taxonomy: document.tags.map(taxonomyOf),
  };
}

/**
 * Every *.yaml of a folder, by file name; '' is the shipped set. Policies with `mode: off` are left out. All problems
 * of all files are thrown together as one ConfigError.
 */
export function loadPolicies(folder: string): Policy[] {
  const from = folder === '' ? inPackage('policies') : folder;
  const problems: string[] = [];
  const policies: Policy[] = [];
  for (const name of readdirSync(from).sort()) {
    if (!/\.ya?ml$/.test(name)) continue;
    try {
      policies.push(compilePolicy(join(from, name), readFileSync(join(from, name), 'utf8')));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  const ids = new Map<string, string>();
  for (const { document } of policies) {
    const other = ids.get(document.id);
    if (other !== undefined) problems.push(`${from}: ${document.title} and ${other} have the same id`);
    ids.set(document.id, document.title);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return policies.filter((policy) => policy.document.mode !== 'off');
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
