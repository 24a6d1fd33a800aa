import { whereUnknown } from '../../../lib/signature/standing.ts';
import type { CampaignAt } from './campaign-at.ts';
import { feltBy } from './felt-by.ts';
import { ownAt } from './make-room.ts';
import { replace } from './mine-campaign.ts';
import type { LiveSignature } from './open-campaign.ts';
import { isEvaded } from './spare-where-free.ts';

/**
 * Signatures that spare the good because it cost nothing hold for everybody once an attacker earns himself what they
 * spare. Answers those that came or went.
 */
export function spareNobody(here: CampaignAt): LiveSignature[] {
  const { scope } = feltBy(here.state, here.watched);
  const ended = ownAt(here).filter((live) => isEvaded(scope, here.pane, live));
  if (ended.length === 0) return [];
  const signatures = ended.map((live) => ({ ...live, signature: whereUnknown(live.signature) }));
  const goodClients = Math.max(...ended.map(({ goodSample }) => goodSample));
  return replace(here, { chosen: { signatures, coverage: 0, goodClients }, ended });
}
