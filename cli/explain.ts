import { Command } from 'commander';
import { renderExplanation } from '../services/console/explain.ts';
import { loadPolicies, type Policy } from '../services/detector/policies/load-policies.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { ExitError } from './exit-error.ts';
import { explainFiles } from './explain-files.ts';
import { nearestPolicies, renderNearest } from './nearest-policies.ts';
import { stateOption } from './options.ts';
import { openStore } from './store.ts';

function policiesOf(command: Command): Policy[] {
  return loadPolicies(loadRootConfig(configFileOption(command), process.env).config.detector.policies);
}

interface ExplainFlags {
  readonly from?: readonly string[];
  readonly json?: boolean;
}

async function explainReplay(reference: string, files: readonly string[], isJson: boolean): Promise<void> {
  const explanation = await explainFiles(reference, files);
  if (explanation === null)
    throw new ExitError(
      1,
      `${reference}: nothing in ${files.join(', ')} goes by it (addresses: those of decisions; requests that a signature selects are in --outcomes, by event_id)`,
    );
  const { outcome, finding } = explanation;
  if (isJson) {
    process.stdout.write(`${JSON.stringify(outcome === null ? finding : explanation, null, 2)}\n`);
    return;
  }
  if (outcome !== null) console.log(` event     ${outcome.event_id}   ${outcome.outcome}`);
  if (finding === null) return;
  // the archive knows that there is no decision; these files may be of verdicts only
  console.log(renderExplanation(finding, 'none in these files'));
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('why was this stopped, or not: an id of a verdict, campaign or decision, or an address')
    .argument('<reference>', 'vrd_…, cmp_…, dec_…, evt_…, or an IP address')
    .option(
      '--from <file...>',
      'files of replay --campaigns, --verdicts, --decisions, --outcomes instead of the archive',
    )
    .addOption(stateOption())
    .option('--json', 'the explanation as JSON')
    .action(async (reference: string, options: ExplainFlags, command: Command) => {
      if (options.from !== undefined) return explainReplay(reference, options.from, options.json === true);
      const store = await openStore(command);
      try {
        const explanation = await store.explain(reference);
        if (explanation === null)
          throw new ExitError(1, `${reference}: nothing known by this reference (${store.description})`);
        // what kept a policy from firing says the policy, and policies are the detector's
        const address = explanation.kind === 'event' ? explanation.address : explanation;
        const nearest =
          address.kind === 'address' && address.state === 'free'
            ? nearestPolicies(policiesOf(command), address.busiest_minutes)
            : [];
        process.stdout.write(
          options.json === true
            ? `${JSON.stringify({ ...explanation, nearest_policies: nearest }, null, 2)}\n`
            : `${renderExplanation(explanation)}\n${renderNearest(nearest)}`,
        );
      } finally {
        await store.close();
      }
    });
}
