import { Command } from 'commander';
import { renderExplanation } from '../services/console/explain.ts';
import { loadPolicies, type Policy } from '../services/detector/policies/load-policies.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { ExitError } from './exit-error.ts';
import { nearestPolicies, renderNearest } from './nearest-policies.ts';
import { stateOption } from './options.ts';
import { openStore } from './store.ts';

function policiesOf(command: Command): Policy[] {
  return loadPolicies(loadRootConfig(configFileOption(command), process.env).config.detector.policies);
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('why was this stopped, or not: an id of a verdict, campaign or decision, or an address')
    .argument('<reference>', 'vrd_…, cmp_…, dec_…, or an IP address')
    .addOption(stateOption())
    .option('--json', 'the explanation as JSON')
    .action(async (reference: string, options: { json?: boolean }, command: Command) => {
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
