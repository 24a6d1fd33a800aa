import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import { inPackage } from '../../../lib/package-root.ts';
import { actionReference } from '../action-table.ts';
import { armingOf } from '../arming.ts';
import { createVendorHttp } from '../vendor/vendor-http.ts';
import { createEdge, edgeConfig, edgeKinds } from './catalogue.ts';

const folder = inPackage('services', 'actuator', 'edges');

test('every file that makes an edge is in the catalogue, and has a test of its own', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.includes('.test.'));
  const edges = files
    .filter((file) => file !== 'catalogue.ts')
    .filter((file) => /^export function create\w+Edge\(/m.test(readFileSync(`${folder}/${file}`, 'utf8')))
    .map((file) => file.replace('.ts', ''));
  expect([...edgeKinds].sort()).toEqual(edges.sort());
});

/** The least each kind has to be told. */
const least: { readonly [kind: string]: object } = {
  crowdsec: { bouncers: [{ name: 'b', key: '0'.repeat(64) }] },
  nginx: { file: '/etc/nginx/tidegate.conf' },
  cloudflare: { account_id: 'a'.repeat(32), token: 't', ip_list: 'b'.repeat(32) },
  fastly: { token: 't', service_id: 's', acl: { id: 'a' } },
  akamai: {
    host: 'h.example',
    client_token: 'c',
    access_token: 'a',
    client_secret: 's',
    ip_list: { id: 'i' },
  },
  'cloud-armor': { ipv4_group: 'projects/p/locations/global/addressGroups/g' },
  haproxy: { socket: '/run/haproxy/admin.sock' },
  'crowdsec-lapi': { url: 'http://127.0.0.1:8080', machine_id: 'm', password: 'p', api_key: 'k' },
  webhook: { url: 'https://hooks.example/tidegate', secret: 's'.repeat(32) },
  'aws-waf': { region: 'eu-central-1', ipv4: { name: 'n', id: 'i' } },
};

/** What lets it carry out every action it can. */
const everyAction = { actions: ['tag', 'rate_limit', 'challenge', 'block'] };
const most: { readonly [kind: string]: object } = {
  nginx: everyAction,
  haproxy: everyAction,
  envoy: { actions: ['tag', 'block'] },
  'envoy-authz': { challenge: 'https://shop.example/challenge' },
  'nginx-auth': { challenge: 'https://shop.example/challenge' },
  fastly: { dictionary: { id: 'd' } },
  'aws-waf': {
    rule_group: {
      name: 'n',
      id: 'i',
      capacity: 500,
      exempt_ipv4: { name: 'n', id: 'i', arn: 'arn:aws:wafv2:x' },
      exempt_ipv6: { name: 'n', id: 'i', arn: 'arn:aws:wafv2:y' },
    },
  },
  cloudflare: {
    zone_id: 'c'.repeat(32),
    rules: { ruleset_id: 'd'.repeat(32), exempt_list: { id: 'e'.repeat(32), name: 'exempt' } },
  },
};

const edgeOf = (kind: string, more: object = {}) => {
  const config = edgeConfig.parse({ kind, name: 'edge', ...least[kind], ...more });
  expect(armingOf(config.dry_run, null).mode).toBe('dry_run');
  return createEdge(config, {
    name: 'edge',
    isArmed: () => false,
    now: Date.now,
    exempt: () => [],
    ended: () => [],
    vendorHttp: createVendorHttp({
      store: { read: async () => null, write: async () => {} },
      metrics: createMetrics(),
      logger: silentLogger,
      now: Date.now,
      random: Math.random,
    }),
  });
};

test.each(edgeKinds)('%s starts in dry run, and its descriptor is whole', async (kind) => {
  const edge = edgeOf(kind);
  const { descriptor } = edge;
  expect(descriptor.kind).toBe(kind);
  expect(descriptor.pools.length).toBeGreaterThan(0);
  expect(descriptor.actions).toContain('block');
  const held = descriptor.pools.flatMap((pool) => pool.holds);
  expect(new Set(held).size).toBe(held.length);
  await edge.close();
});

test('docs/reference/actions.md is the table (vitest -u renews it)', async () => {
  const edges = edgeKinds.map((kind) => edgeOf(kind, most[kind]));
  const descriptors = edges.map((edge) => edge.descriptor).sort((a, b) => (a.kind < b.kind ? -1 : 1));
  await expect(actionReference(descriptors)).toMatchFileSnapshot(
    inPackage('docs', 'reference', 'actions.md'),
  );
  for (const edge of edges) await edge.close();
});
