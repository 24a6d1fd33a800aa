import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { inPackage } from '../../../lib/package-root.ts';
import { envoyAuthzFilter, envoyFilters } from './envoy-filters.ts';

test('the file that people put into their chain is what the edge serves (vitest -u renews it)', async () => {
  const filters = envoyFilters({ edge: 'web', parts: 16, cluster: 'tidegate', tags: true, refresh: '0.2s' });
  const text = `# HTTP filters, before the router (docs/howto/edges.md). The first is for tags: leave it out if they are not used.
# default_config: before Envoy has asked for the first time, nobody is refused.
${stringify(filters, { lineWidth: 0 })}`;
  await expect(text).toMatchFileSnapshot(inPackage('deploy', 'envoy', 'tidegate-filters.yaml'));
});

test('so is the filter that asks about every request (vitest -u renews it)', async () => {
  const filter = envoyAuthzFilter({
    edge: 'web',
    cluster: 'tidegate',
    headers: ['x-country'],
    timeout: '0.25s',
  });
  const text = `# HTTP filter, before the router (docs/howto/edges.md).\n${stringify([filter], { lineWidth: 0 })}`;
  await expect(text).toMatchFileSnapshot(inPackage('deploy', 'envoy', 'tidegate-authz.yaml'));
});
