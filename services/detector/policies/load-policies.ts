import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, checkConfig } from '../../../lib/config.ts';
import { formatDuration } from '../../../lib/duration.ts';
import { inPackage } from '../../../lib/package-root.ts';
import type { YamlSource } from '../../../lib/yaml-source.ts';
import { type GroupKind, groupKinds, groups, isScoped, kindOf } from '../groups.ts';
import { type Clause, clausesOf } from './clauses.ts';
import {
  type Condition,
  compileCondition,
  conditionProblems,
  namesIn,
  type Vocabulary,
} from './condition.ts';
import {
  type FeatureSpec,
  featureKey,
  type PolicyDocument,
  paneSpanMs,
  policySchema,
  specOf,
} from './policy-schema.ts';

/** A policy ready to run. */
export interface Policy {
  readonly document: PolicyDocument;
  /** SHA-256 of what the file says, without its tests and comments, shortened: names the version in verdicts. */
  readonly hash: string;
  readonly scope: GroupKind;
  readonly features: readonly {
    readonly name: string;
    readonly key: string;
    readonly spec: FeatureSpec;
  }[];
  /** Which groups it looks at; for re-keyed ones, which requests. */
  readonly matches: Condition;
  readonly condition: Condition;
  /** The ways in which the condition can hold, for explanations. */
  readonly clauses: readonly Clause[];
  /** Names that the condition speaks of. */
  readonly uses: ReadonlySet<string>;
  /** OWASP, OAT and ATT&CK ids from the tags, as people write them. */
  readonly taxonomy: readonly string[];
}

/** How far back its figures reach. */
export function longestSpanMs({ features }: Policy): number {
  return Math.max(...features.map(({ spec }) => spec.spanMs));
}

/** `owasp.api4-2019` -> `OWASP API4:2019`, `oat.oat-008` -> `OAT-008`, `attack.t1110.004` -> `ATT&CK T1110.004`. */
export function taxonomyOf(tag: string): string {
  const [family, ...rest] = tag.split('.');
  const name = rest.join('.').toUpperCase();
  if (family === 'owasp') return `OWASP ${name.replace('-', ':')}`;
  if (family === 'oat') return name;
  return family === 'attack' ? `ATT&CK ${name}` : tag;
}

function contentHash({ tests: _, ...content }: PolicyDocument): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** Features as far as they can be made out, so that conditions are checked even when something else is wrong. */
function declared(yaml: YamlSource): ReadonlyMap<string, boolean> {
  const features = (yaml.value as { features?: unknown } | undefined)?.features;
  if (features === null || typeof features !== 'object') return new Map();
  return new Map(
    Object.entries(features).map(([name, spec]) => [name, (spec as { type?: unknown })?.type === 'ratio']),
  );
}

/** Types that are the figures of one kind of group. */
const ownTypes: ReadonlySet<string> = new Set(['client', 'network', 'account']);
const groupings = groupKinds.map((kind) => `[${groups[kind].by.join(', ')}]`).join(', ');

/** Why a kind of group can not have this filter, or must have one; null: it may. */
function refusedMatch(kind: GroupKind, match: string): string | null {
  const everything = match.trim() === 'true';
  if (groups[kind].class === 'local')
    return everything ? null : `the last minute of a ${kind} counts all its requests: remove it`;
  if (!everything) return null;
  if (groups[kind].class === 'rekeyed')
    return (
      `group-by [${kind}] sends a record for every request that passes, from all partitions to the one of the ${kind}: ` +
      'say which requests, for example match: endpoint.function == "login"'
    );
  return 'words' in groups[kind]
    ? `group-by [${groups[kind].by.join(', ')}] makes a group for each pair: say at which endpoints, for example match: endpoint.function == "login"`
    : null;
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
    readonly sooner?: unknown;
    readonly refuted?: unknown;
    features?: object;
  };
  const groupBy = Object.values(raw.features ?? {})[0]?.['group-by'] as unknown;
  const kind = Array.isArray(groupBy) ? kindOf(groupBy.map(String)) : null;
  const inside = kind === null || isScoped(kind) ? 'groups' : kind === 'client' ? 'clients' : 'others';
  for (const field of ['match', 'condition', 'sooner', 'refuted'] as const) {
    const expression = raw[field];
    if (typeof expression !== 'string') continue;
    const vocabulary: Vocabulary =
      field === 'match' ? { features: new Map(), in: 'match' } : { features, in: inside };
    for (const { at, message } of conditionProblems(expression, vocabulary))
      problem(yaml.characterAt([field], at), `${field}: ${message}`);
  }
  const specs = Object.entries(document?.features ?? {}).map(([name, feature]) => {
    const spec = specOf(feature);
    return { name, key: featureKey(spec), spec, scope: kindOf(feature['group-by']), by: feature['group-by'] };
  });
  const scope = specs[0]?.scope ?? null;
  for (const { name, spec, scope: own, by } of specs) {
    const place = yaml.valueAt(['features', name, 'group-by']);
    if (own === null)
      problem(place, `features.${name}: can't group by ${by.join(', ')} (there are ${groupings})`);
    else if (own !== scope)
      problem(place, `features.${name}: all features of a policy must have the same group-by`);
    else if (isScoped(own) ? ownTypes.has(spec.type) : own !== spec.type)
      problem(
        place,
        `features.${name}: ${isScoped(own) ? `type ${spec.type} and group-by [${spec.type}] belong together` : `group-by [${own}] has figures of its own: use type ${own}`}`,
      );
    else if (spec.spanMs > paneSpanMs && isScoped(own) && own !== 'site' && own !== 'endpoint')
      problem(
        yaml.valueAt(['features', name, 'timespan']),
        `features.${name}: more than ${formatDuration(paneSpanMs)} is kept for endpoints and the site only`,
      );
  }
  if (document !== null && scope !== null) {
    const refused = refusedMatch(scope, document.match);
    if (refused !== null) problem(yaml.valueAt(['match']) ?? yaml.keyAt(['features']), `match: ${refused}`);
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
    clauses: clausesOf(document.condition),
    uses: new Set(
      [document.condition, document.sooner, document.refuted].flatMap((text) => [
        ...namesIn(text ?? 'false'),
      ]),
    ),
    taxonomy: document.tags.map(taxonomyOf),
  };
}

/** A policy file as it was read: the policy, or what is wrong with it. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
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
  return compilePolicyTexts(paths.map((path) => ({ path, text: readFileSync(path, 'utf8') })));
}

/** Policy files by their text. */
export function compilePolicyTexts(
  texts: readonly { readonly path: string; readonly text: string }[],
): PolicyFile[] {
  const first = new Map<string, string>();
  return texts.map(({ path, text }) => {
    try {
      const policy = compilePolicy(path, text);
      const { id } = policy.document;
      const other = first.get(id);
      if (other !== undefined)
        return { path, text, policy: null, problems: [`${path}: id: ${other} has the same one`] };
      first.set(id, path);
      return { path, text, policy, problems: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { path, text, policy: null, problems: error.problems };
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
