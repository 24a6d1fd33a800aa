import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import { inPackage } from '../../../lib/package-root.ts';
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
  'aws-waf': { region: 'eu-central-1', ipv4: { name: 'n', id: 'i' } },
};

test.each(edgeKinds)('%s starts in dry run, and its descriptor is whole', async (kind) => {
  const config = edgeConfig.parse({ kind, name: 'edge', ...least[kind] });
  expect(config.dry_run).toBe(true);
  const edge = createEdge(config, {
    name: 'edge',
    isArmed: () => false,
    now: Date.now,
    exempt: () => [],
    ended: () => [],
    vendorHttp: createVendorHttp({
      store: { read: async () => null, write: async () => {} },
      metrics: createMetrics(),
      now: Date.now,
      random: Math.random,
    }),
  });
  const { descriptor } = edge;
  expect(descriptor.kind).toBe(kind);
  expect(descriptor.pools.length).toBeGreaterThan(0);
  expect(descriptor.actions).toContain('block');
  const held = descriptor.pools.flatMap((pool) => pool.holds);
  expect(new Set(held).size).toBe(held.length);
  await edge.close();
});
