import { Command, Option } from 'commander';
import { parseDuration } from '../lib/duration.ts';
import { ExitError } from './exit-error.ts';
import { limitOption, reasonOption, siteOption, stateOption } from './options.ts';
import { outputFormat, renderRows, withOutput } from './output.ts';
import { parseTarget, sendCommand } from './send-command.ts';
import { openStore } from './store.ts';

/** `1h`, `14d` from now as epoch ms. */
export function until(text: string | undefined): { readonly untilAt?: number } {
  if (text === undefined) return {};
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new ExitError(2, `${text}: not a duration (use 30m, 4h, 14d)`);
  return { untilAt: Date.now() + ms };
}

export interface AddOptions {
  readonly site: string;
  readonly reason: string;
  readonly ttl?: string;
  readonly action: string;
}

/** `decisions list|add|delete`: what is in force, and a person's own word on it. */
export function decisionsCommand(): Command {
  const decisions = new Command('decisions').description('what is in force; block by hand, release');
  withOutput(
    decisions
      .command('list')
      .description('decisions in force, the newest first')
      .option('--all', 'ended ones too')
      .addOption(limitOption(100))
      .addOption(stateOption()),
  ).action(
    async (options: { output?: string; json?: boolean; all?: boolean; limit: number }, command: Command) => {
      const store = await openStore(command);
      try {
        const where = options.all === true ? '' : "WHERE state = 'active' AND expires_at > now64(3)";
        const rows = await store.query(
          `SELECT decision_id, site, target_kind, target_value, action, mode, state, decided_at, expires_at, reason FROM decisions ${where} ORDER BY decided_at DESC LIMIT ${options.limit}`,
        );
        process.stdout.write(renderRows(rows, outputFormat(options)));
      } finally {
        await store.close();
      }
    },
  );
  decisions
    .command('add')
    .alias('block')
    .argument('<target>', 'address, network, asn:64500, country:XX, ja3:…, ja4:…, session:…, account:…')
    .description('stop a target by hand')
    .addOption(reasonOption())
    .option('--ttl <duration>', 'how long, for example 4h')
    .addOption(
      new Option('--action <action>', 'what to do')
        .choices(['tag', 'rate_limit', 'challenge', 'block'])
        .default('block'),
    )
    .addOption(siteOption())
    .addOption(stateOption())
    .action(async (text: string, options: AddOptions, command: Command) => {
      const target = parseTarget(text);
      await sendCommand(command, {
        kind: 'block',
        target,
        site: options.site,
        reason: options.reason,
        action: options.action,
        ...until(options.ttl),
      });
      console.log(`${options.action} ${target.kind} ${target.value}: sent to the decider`);
    });
  decisions
    .command('delete')
    .alias('release')
    .argument('<decision>', 'dec_…, or the target it is about')
    .description('release: its causes do not come back; others may')
    .addOption(reasonOption())
    .addOption(siteOption())
    .addOption(stateOption())
    .action(async (text: string, options: AddOptions, command: Command) => {
      const what = text.startsWith('dec_') ? { decisionId: text } : { target: parseTarget(text) };
      await sendCommand(command, { kind: 'release', site: options.site, reason: options.reason, ...what });
      console.log(`release ${text}: sent to the decider`);
    });
  return decisions;
}
