import { Command } from 'commander';
import { ExitError } from './exit-error.ts';
import { limitOption, stateOption, wholeNumber } from './options.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';
import { openStore } from './store.ts';

type Row = { readonly [column: string]: unknown };
interface ListOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** `campaigns list|show`. */
export function campaignsCommand(): Command {
  const campaigns = new Command('campaigns').description('what was found, and what became of it');
  withOutput(
    campaigns
      .command('list')
      .description('campaigns, open ones first')
      .option('--open', 'only those that are open')
      .addOption(limitOption(50))
      .addOption(stateOption()),
  ).action(
    async (options: ListOptions & { readonly open?: boolean; readonly limit: number }, command: Command) => {
      const store = await openStore(command);
      try {
        const rows = await store.query(
          `SELECT campaign_id, site, state, level, title, opened_at, closed_at, requests, clients, applied_action AS action, mode
FROM campaigns ${options.open === true ? 'WHERE closed_at IS NULL' : ''}
ORDER BY closed_at IS NULL DESC, opened_at DESC LIMIT ${options.limit}`,
        );
        process.stdout.write(renderRows(rows, outputFormat(options)));
      } finally {
        await store.close();
      }
    },
  );
  withOutput(
    campaigns
      .command('show')
      .argument('<campaign>', 'cmp_…')
      .description('one campaign: evidence, signatures, decisions, what was saved')
      .option('--accounts', 'accounts that logged in successfully inside it')
      .option('--samples <n>', 'so many of its requests', wholeNumber(1), 0)
      .addOption(stateOption()),
  ).action(
    async (
      id: string,
      options: ListOptions & { readonly accounts?: boolean; readonly samples: number },
      command: Command,
    ) => {
      const store = await openStore(command);
      try {
        const found = await store.campaign(id, {
          accounts: options.accounts === true,
          samples: options.samples,
        });
        if (found === null) throw new ExitError(1, `no campaign ${id}`);
        const format = outputFormat(options);
        if (format !== 'table') process.stdout.write(renderRows([found as unknown as Row], format));
        else process.stdout.write(render(found));
      } finally {
        await store.close();
      }
    },
  );
  return campaigns;
}

function render(found: {
  readonly campaign: Row;
  readonly decisions: readonly Row[];
  readonly savings: Row | null;
  readonly accounts: readonly Row[];
  readonly samples: readonly Row[];
}): string {
  const { campaign, decisions, savings, accounts, samples } = found;
  const { signatures, evidence, inputs: _inputs, sample_event_ids: _ids, ...plain } = campaign;
  const parts = [renderRows([plain], 'yaml')];
  const section = (title: string, rows: readonly Row[]): void => {
    if (rows.length > 0) parts.push(`\n${title}\n${renderRows(rows, 'table')}`);
  };
  section('EVIDENCE', evidence as readonly Row[]);
  section(
    'SIGNATURES',
    (signatures as readonly Row[]).map(
      ({ version, signature, coverage, collateral_upper, from_at, until_at }) => ({
        version,
        from_at,
        until_at,
        coverage,
        collateral_upper,
        signature,
      }),
    ),
  );
  section(
    'DECISIONS',
    decisions.map(
      ({ decision_id, target_kind, target_value, action, mode, state, expires_at, requests }) => ({
        decision_id,
        target: `${String(target_kind)} ${String(target_value)}`,
        action,
        mode,
        state,
        expires_at,
        requests,
      }),
    ),
  );
  if (savings !== null) {
    const { endpoints, ...sums } = savings;
    section('SAVED', [sums]);
    section('SAVED BY ENDPOINT', endpoints as readonly Row[]);
  }
  // nothing tells its requests from those of people: what was found is all there was
  const among = (signatures as readonly Row[]).length === 0 ? ' (where it went on: people among them)' : '';
  section(`ACCOUNTS LOGGED INTO${among}`, accounts);
  section(`SAMPLES${among}`, samples);
  return parts.join('');
}
