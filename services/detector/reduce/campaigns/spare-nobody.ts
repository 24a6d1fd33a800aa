import { whereUnknown } from '../../../../lib/signature/standing.ts';
import { ownAt } from '../signatures/make-room.ts';
import { isEvaded } from '../signatures/spare-where-free.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import { replace } from './mine-campaign.ts';

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
