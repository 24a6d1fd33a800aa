import { endpointKey } from '../../endpoint-traits.ts';
import { traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import { samplesOf } from './scope.ts';
import { type SiteState, scopeId } from './site-state.ts';
import { clientKeyOf } from './usual-callers.ts';

/** What a client asks for is looked at so far back. */
const lookPanes = 20;
/** Of fewer usual requests it is not known who sends them; so many of them are sent by no person's software. */
const servers = { samples: 60, share: 0.9 } as const;
const ofPeople: ReadonlySet<string | null> = new Set(['browser', 'app']);

const isServers = ({ attributes }: Sample): boolean =>
  !ofPeople.has(attributes[traitIndex.client_class] ?? null);

/**
 * Share of what the client asked for lately that it asked of endpoints which only servers usually call, as partners'
 * are: there one that comes at the full hour, with more than all people together, does its work. 0: nothing is known.
 */
export function shareAmongServers(state: SiteState, client: string, pane: number): number {
  const site = state.scopes.get(scopeId('site', ''));
  if (site === undefined) return 0;
  const known = new Map<string, boolean>();
  let all = 0;
  let among = 0;
  for (const { sample, weight } of samplesOf(site.scope, pane, lookPanes, () => true)) {
    if (clientKeyOf(sample) !== client) continue;
    all += weight;
    const { attributes } = sample;
    const key = endpointKey(attributes[traitIndex.endpoint] ?? '', attributes[traitIndex.host] ?? '');
    let calledByServers = known.get(key);
    if (calledByServers === undefined) {
      const reference = state.scopes.get(scopeId('endpoint', key))?.baseline.reference ?? [];
      // who has been at it for long makes nothing usual for himself
      const others = reference.filter((one) => clientKeyOf(one) !== client);
      calledByServers =
        others.length >= servers.samples && others.filter(isServers).length >= servers.share * others.length;
      known.set(key, calledByServers);
    }
    if (calledByServers) among += weight;
  }
  return all === 0 ? 0 : among / all;
}
