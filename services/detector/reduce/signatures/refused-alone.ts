import type { Signature } from '../../../../lib/contracts/generated.ts';
import { flag, paneMs } from '../../layout.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { weigh } from '../miner/weighted.ts';
import type { PolicyAt } from '../site/campaign-at.ts';
import { feltBy } from '../site/felt-by.ts';
import { samplePanes, samplesOf } from '../site/scope.ts';
import { expected } from '../site/site-state.ts';
import { usualRate } from '../site/usual-rate.ts';

/**
 * Of what is selected so much is refused, where people are not as a rule; it is so many times all that usually comes; and so
 * much as usual of the others get in.
 */
const telling = { refused: 0.9, ofPeople: 0.5, volume: 2, othersLetIn: 0.6 } as const;

/**
 * Whether a log-in refuses nearly all that signatures select, more of it than all that usually comes, while it lets the others in as
 * before. People of a crowd who happen to be alike get in; where it is the log-in that fails, it fails for everybody.
 */
export function areRefusedAlone(
  { state, watched, pane }: PolicyAt,
  signatures: readonly Signature[],
): boolean {
  const { scope } = watched;
  if (scope.kind !== 'endpoint' || scope.traits.function !== 'login') return false;
  const usual = usualRate(watched, pane * paneMs);
  const refusedShare = expected(state, feltBy(state, watched), 'failing').share;
  if (usual === null || refusedShare > telling.ofPeople) return false;
  const usually = usual * samplePanes;
  const tests = signatures.map(sampleSignature);
  const counted = (wanted: number): { readonly selected: number; readonly others: number } => {
    const all = samplesOf(scope, pane, samplePanes, (flags) => (flags & wanted) !== 0);
    const selected = weigh(all.filter(({ sample }) => tests.some((selects) => selects(sample))));
    return { selected, others: weigh(all) - selected };
  };
  const refused = counted(flag.failing).selected;
  const letIn = counted(flag.succeeding);
  return (
    refused >= telling.refused * (refused + letIn.selected) &&
    refused >= telling.volume * usually &&
    letIn.others >= telling.othersLetIn * usually * (1 - refusedShare)
  );
}
