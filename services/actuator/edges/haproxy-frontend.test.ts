import { expect, test } from 'vitest';
import { inPackage } from '../../../lib/package-root.ts';
import { haproxyFrontend, haproxyRateTable, haproxyReactions } from './haproxy-frontend.ts';

test('the file that people put into their frontends is what the edge writes for (vitest -u renews it)', async () => {
  const text = `# For each frontend (docs/howto/edges.md). The maps are written by Tidegate.
${haproxyFrontend('/etc/haproxy/tidegate')}
${haproxyReactions}
# Outside of the frontends:
# ${haproxyRateTable.trimEnd().replaceAll('\n', '\n# ')}
`;
  await expect(text).toMatchFileSnapshot(inPackage('deploy', 'haproxy', 'tidegate-frontend.cfg'));
});
