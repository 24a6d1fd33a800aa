import { Command } from 'commander';
import { renderExplanation } from '../services/console/explain.ts';
import { ExitError } from './exit-error.ts';
import { openStore } from './store.ts';

export function explainCommand(): Command {
  return new Command('explain')
    .description('why was this stopped, or not: an id of a verdict, campaign or decision, or an address')
    .argument('<reference>', 'vrd_…, cmp_…, dec_…, or an IP address')
    .option('--state <dir>', 'state folder of the instance to read')
    .option('--json', 'the explanation as JSON')
    .action(async (reference: string, options: { json?: boolean }, command: Command) => {
      const store = await openStore(command);
      try {
        const explanation = await store.explain(reference);
        if (explanation === null)
          throw new ExitError(1, `${reference}: nothing known by this reference (${store.description})`);
        process.stdout.write(
          options.json === true
            ? `${JSON.stringify(explanation, null, 2)}\n`
            : `${renderExplanation(explanation)}\n`,
        );
      } finally {
        await store.close();
      }
    });
}
