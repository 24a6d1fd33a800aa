import { existsSync } from 'node:fs';
import { formatDuration } from '../lib/duration.ts';
import { isLoopbackHost, isV4, parseNetwork } from '../lib/ip.ts';
import { repeated } from '../lib/repeated.ts';
import type { RootConfig } from './config.ts';

/** What is valid but surprising: two settings that do not go together, or one that does nothing. `now`: epoch ms. */
export function configWarnings(config: RootConfig, now: number): readonly string[] {
  return [
    ...logWarnings(config),
    ...siteWarnings(config),
    ...intakeWarnings(config),
    ...ruleWarnings(config),
    ...timeWarnings(config),
    ...spareWarnings(config, now),
    ...edgeWarnings(config),
    ...accessWarnings(config),
    ...portWarnings(config),
    ...fileWarnings(config),
  ];
}

function* logWarnings({ log, clickhouse }: RootConfig): Generator<string> {
  const remote = log.brokers.length > 0;
  if (remote && log.kind === 'memory')
    yield 'log.brokers: not used, log.kind is memory: nothing is shared with other instances';
  else if (remote && clickhouse.url === undefined)
    yield 'clickhouse.url is not set: the archiver needs a ClickHouse server when brokers are given';
  const { enabled, ca_file, cert_file, key_file, server_name } = log.tls;
  if (!enabled && [ca_file, cert_file, key_file, server_name].some((value) => value !== undefined))
    yield 'log.tls: its files and names are not used, enabled is not true';
  if (remote && !enabled && log.sasl.mechanism === 'plain')
    yield 'log.sasl: plain without log.tls.enabled sends the password in the clear';
  if (enabled && (cert_file === undefined) !== (key_file === undefined))
    yield 'log.tls: cert_file and key_file go together';
}

/** Where no site is configured events may bring their own, so that any name may be right. */
function* siteWarnings({ sites, actuator, detector }: RootConfig): Generator<string> {
  if (sites.length === 0) return;
  const known = new Set(['*', 'default', ...sites.map(({ id }) => id)]);
  const named = [
    ...actuator.allow_list.map(({ site }, index) => [`actuator.allow_list.${index}.site`, site] as const),
    ...actuator.edges.flatMap(({ name, sites: of }) =>
      of.map((site) => [`actuator.edges ${name}: sites`, site] as const),
    ),
    ...Object.keys(detector.business_countries).map((site) => ['detector.business_countries', site] as const),
  ];
  for (const [where, site] of named)
    if (!known.has(site)) yield `${where}: ${site} is no site of the configuration`;
}

function* intakeWarnings({ collector }: RootConfig): Generator<string> {
  for (const text of collector.trusted_proxies)
    if (isEverything(text))
      yield `collector.trusted_proxies: ${text} lets everybody say which address they have`;
  const { keep_values: keep, drop_values: drop } = collector.privacy;
  for (const name of keep)
    if (drop.includes(name.toLowerCase()))
      yield `collector.privacy.keep_values: ${name} is in drop_values too, and is dropped`;
  for (const name of drop)
    if (name !== name.toLowerCase())
      yield `collector.privacy.drop_values: ${name} drops nothing: names are compared in lower case`;
  if (!collector.http.enabled && !collector.mirror.enabled && collector.files.length === 0)
    yield 'collector: http and mirror are off and there are no files: nothing can come in';
}

function isEverything(text: string): boolean {
  const network = parseNetwork(text)!;
  return network.prefix === (isV4(network.address) ? 96 : 0);
}

/** Of rules the first that matches counts. */
function* ruleWarnings({ enricher }: RootConfig): Generator<string> {
  const { outcomes, functions, data_sets: sets } = enricher;
  for (const index of repeated(outcomes, ({ endpoint }) => endpoint))
    yield `enricher.outcomes.${index}: never used, ${outcomes[index]!.endpoint} has a rule before it`;
  for (const index of repeated(functions, ({ endpoint }) => endpoint))
    yield `enricher.functions.${index}: never used, ${functions[index]!.endpoint} has a rule before it`;
  for (const index of repeated(sets, ({ path }) => path))
    yield `enricher.data_sets.${index}: ${sets[index]!.path} is there already`;
  const named = sets.filter(({ name }) => name !== null);
  for (const index of repeated(named, ({ name }) => name!))
    yield `enricher.data_sets: a second one named ${named[index]!.name}: status and metrics can not tell them apart`;
}

/** Beyond it, what is decided comes too late to stop much. */
const longLatenessMs = 5 * 60_000;

function* timeWarnings({ collector, detector, actuator }: RootConfig): Generator<string> {
  const sources = [
    ['collector.http', collector.http.lateness],
    ['collector.mirror', collector.mirror.lateness],
    ...collector.files.map(({ id, lateness }) => [`collector.files ${id}`, lateness] as const),
  ] as const;
  for (const [name, lateness] of sources)
    if (lateness > longLatenessMs)
      yield `${name}: with a lateness of ${formatDuration(lateness)} whatever its sites decide comes that late`;
  const pairs = [
    ['detector.learning.hold_least', detector.learning.hold_least, 'hold', detector.learning.hold],
    ['actuator.decider.command_ttl', actuator.decider.command_ttl, 'max_ttl', actuator.decider.max_ttl],
    ['actuator.loop.backoff_base', actuator.loop.backoff_base, 'backoff_cap', actuator.loop.backoff_cap],
    ['actuator.guard.refresh_every', actuator.guard.refresh_every, 'window', actuator.guard.window],
  ] as const;
  for (const [name, value, limit, most] of pairs)
    if (value > most)
      yield `${name}: ${formatDuration(value)} is longer than ${limit}, ${formatDuration(most)}`;
}

function* spareWarnings({ actuator }: RootConfig, now: number): Generator<string> {
  const { allow_list: entries } = actuator;
  for (const [index, { network, until }] of entries.entries())
    if (until !== undefined && Date.parse(until) <= now)
      yield `actuator.allow_list.${index}: ${network} is over since ${until}`;
  for (const index of repeated(entries, ({ network, site }) => `${network} ${site}`))
    yield `actuator.allow_list.${index}: a second entry of ${entries[index]!.network} for site ${entries[index]!.site}`;
}

function* edgeWarnings({ actuator, detector }: RootConfig): Generator<string> {
  for (const edge of actuator.edges) {
    if (edge.dry_run === false) yield `actuator.edges ${edge.name}: armed (dry_run: false)`;
    if ('good_list' in edge && edge.good_list !== undefined && !detector.good_list)
      yield `actuator.edges ${edge.name}: its good_list stays empty, detector.good_list is not true`;
  }
}

function* accessWarnings({ console: page, collector }: RootConfig): Generator<string> {
  if (page.read_needs_token && page.token === undefined && page.tokens.length === 0)
    yield 'console.read_needs_token: there is no token, so nobody can read';
  const { enabled, host, tokens } = collector.http;
  if (enabled && tokens.length === 0 && !isLoopbackHost(host))
    yield `collector.http: without tokens only this machine may send, although ${host} can be reached by others`;
}

/** Each service may run on a machine of its own, so that one port twice need be no fault. */
function* portWarnings({ ops, collector, actuator, console: page }: RootConfig): Generator<string> {
  const { http, mirror } = collector;
  const listening = [
    { name: 'ops', ...ops },
    ...(http.enabled || mirror.enabled ? [{ name: 'collector.http', ...http }] : []),
    { name: 'actuator.api', ...actuator.api },
    { name: 'console', ...page },
  ].filter(({ port }) => port !== 0);
  for (const [index, one] of listening.entries())
    for (const other of listening.slice(0, index))
      if (one.port === other.port && overlap(one.host, other.host))
        yield `${one.name}.port: ${one.port} is ${other.name}’s too: tidegate up can not listen on both`;
}

const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';
const overlap = (a: string, b: string): boolean => a === b || isAny(a) || isAny(b);

/** A configuration may be checked elsewhere than where it will be used. */
function* fileWarnings({ detector, enricher, actuator, log }: RootConfig): Generator<string> {
  const named = [
    ['detector.policies', detector.policies],
    ['detector.baseline', detector.baseline],
    ...enricher.data_sets.map(({ path }) => ['enricher.data_sets', path] as const),
    ...enricher.openapi.map(({ file }) => ['enricher.openapi', file] as const),
    ...actuator.never_block.files.map((file) => ['actuator.never_block.files', file] as const),
    ['log.tls.ca_file', log.tls.ca_file ?? ''],
    ['log.tls.cert_file', log.tls.cert_file ?? ''],
    ['log.tls.key_file', log.tls.key_file ?? ''],
  ] as const;
  for (const [field, path] of named)
    if (path !== '' && !existsSync(path)) yield `${field}: ${path} is not there, on this machine`;
}
