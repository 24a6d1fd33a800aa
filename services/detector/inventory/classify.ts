import type { ApiCatalogue } from '../../../lib/path/api-catalogue.ts';
import { endpointPattern } from '../../../lib/path/endpoint-function.ts';
import type { DocumentedEndpoint } from '../../../lib/path/openapi.ts';
import { hostMatches } from '../../../lib/path/route-trie.ts';
import { shapes } from '../../../lib/path/shapes.ts';
import type { Audience, ClientClass, InventoryConfig } from './config.ts';
import type { EndpointEntry } from './endpoint-entry.ts';

export interface InventorySettings {
  readonly config: InventoryConfig;
  readonly api: ApiCatalogue;
}

/**
 * `documented`: in a document that is in force. `shadow`: its host is documented, it is not. `zombie`: documented as
 * deprecated or gone, still called. `unknown`: no document covers its host.
 */
export type EndpointStatus = 'documented' | 'shadow' | 'zombie' | 'unknown';

/** Fewer sampled calls say nothing about who calls. */
const fewSamples = 10;
/** From this share on the rest is noise. */
const nearlyAll = 0.9;
/** A browser's endpoint is called, at least now and then, by clients that were somewhere else before. */
const leastBrowsed = 0.1;
/** A parameter belongs to the endpoint when this share of its calls carries it. */
const usualParam = 0.2;

const documents = new WeakMap<ApiCatalogue, WeakMap<EndpointEntry, { of: DocumentedEndpoint | null }>>();

/** What documents say of it: asked once per entry and catalogue. */
export function documentOf(settings: InventorySettings, entry: EndpointEntry): DocumentedEndpoint | null {
  let known = documents.get(settings.api);
  if (known === undefined) {
    known = new WeakMap();
    documents.set(settings.api, known);
  }
  let found = known.get(entry);
  if (found === undefined) {
    found = { of: settings.api.find(entry.method, entry.host, entry.template) };
    known.set(entry, found);
  }
  return found.of;
}

/** A template that stands for paths beyond a cap is no endpoint. */
export function isRest({ template }: EndpointEntry): boolean {
  return template.includes('{other}') || template.includes('{rest}') || template === '*';
}

export function statusOfEntry(settings: InventorySettings, entry: EndpointEntry): EndpointStatus {
  const document = documentOf(settings, entry);
  if (document !== null) return document.documentation === 'current' ? 'documented' : 'zombie';
  if (isRest(entry)) return 'unknown';
  // the record knows when this instance was given no documents
  const documented = entry.documented ?? (settings.api.covers(entry.host) ? false : null);
  return documented === null ? 'unknown' : documented ? 'documented' : 'shadow';
}

type Override = InventoryConfig['overrides'][number];
const compiled = new WeakMap<InventoryConfig, readonly ((entry: EndpointEntry) => Override | null)[]>();

export function overrideOf<K extends keyof Override>(
  settings: InventorySettings,
  entry: EndpointEntry,
  field: K,
): Override[K] | undefined {
  let tests = compiled.get(settings.config);
  if (tests === undefined) {
    tests = settings.config.overrides.map((override) => {
      const matches = endpointPattern(override.endpoint);
      const hosts = override.hosts.map((host) => host.toLowerCase());
      return ({ method, template, host }) =>
        matches(`${method} ${template}`) && hostMatches(hosts, host) ? override : null;
    });
    compiled.set(settings.config, tests);
  }
  for (const test of tests) {
    const override = test(entry);
    if (override !== null && override[field] !== undefined) return override[field];
  }
  return undefined;
}

/**
 * Who calls it: what the callers' software says of itself, and whether those that call themselves browsers ever browse.
 * `mixed` when none of the classes makes up nearly all: what only one of them can solve must not be asked there.
 */
export function clientClassOfEntry(settings: InventorySettings, entry: EndpointEntry): ClientClass {
  const override = overrideOf(settings, entry, 'clients');
  if (override !== undefined) return override;
  const { sampled, browser, browsed, app, server } = entry.mix;
  const known = browser + app + server;
  if (sampled < fewSamples || known * 2 < sampled) return 'unknown';
  if (app >= nearlyAll * known) return 'app';
  if (server >= nearlyAll * known) return 'server';
  if (browser < nearlyAll * known) return 'mixed';
  return entry.function === 'content' || browsed >= leastBrowsed * browser ? 'browser' : 'unknown';
}

/** For whom it is there: everybody, partners, or other companies' servers that hold a key. */
export function audienceOfEntry(settings: InventorySettings, entry: EndpointEntry): Audience {
  const override = overrideOf(settings, entry, 'audience');
  if (override !== undefined) return override;
  const { sampled, partner, key, server } = entry.mix;
  if (sampled < fewSamples) return 'public';
  if (partner >= nearlyAll * sampled) return 'partner';
  return partner + key >= nearlyAll * sampled && server >= nearlyAll * sampled ? 'third_party' : 'public';
}

/** Names of the query and body parameters that calls usually carry, sorted. */
export function usualParams({ mix }: EndpointEntry): readonly string[] {
  return [...mix.params]
    .filter(([, count]) => count >= usualParam * mix.sampled)
    .map(([name]) => name)
    .sort();
}

/** Names of the template's variables; null for one that is only a shape. */
export function pathVariables({ template }: EndpointEntry): readonly (string | null)[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map(([, name]) =>
    (shapes as readonly string[]).includes(name!) ? null : name!,
  );
}
