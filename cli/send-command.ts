import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command as CliCommand } from 'commander';
import { addressTarget, type CommandKind, commandRecord, makeCommand, whyNoCommand } from '../lib/command.ts';
import type { Target } from '../lib/contracts/generated.ts';
import { openLog } from '../lib/log/open.ts';
import { loadRootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { ExitError } from './exit-error.ts';
import { findRunning } from './running.ts';
import { stateFolderOf } from './store.ts';

export interface CommandInput {
  readonly kind: CommandKind;
  readonly site: string;
  readonly target?: Target;
  readonly decisionId?: string;
  readonly action?: string;
  readonly scope?: 'address' | 'all';
  readonly reason: string;
  readonly untilAt?: number;
  /** Of arm, disarm, let_go and purge. */
  readonly edge?: string;
}

/** An address, a network, or `kind:value` (`asn:64500`, `country:XX`, `ja4:…`). */
export function parseTarget(text: string): Target {
  const [, kind, value] = /^(asn|country|ja3|ja4|session|account|api_key):(.+)$/.exec(text) ?? [];
  const target = kind === undefined ? addressTarget(text) : { kind, value: value!, signature: null };
  if (target === null)
    throw new ExitError(
      2,
      `${text}: not an address, a network, or asn:… country:… ja3:… ja4:… session:… account:…`,
    );
  return target;
}

/** Who gives a command here, for the audit. */
export const who = (): string => `cli:${userInfo().username}`;

async function throughConsole(url: string, token: string, input: CommandInput): Promise<void> {
  const { target } = input;
  const response = await fetch(`${url}/api/v1/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      kind: input.kind,
      site: input.site,
      reason: input.reason,
      who: who(),
      ...(target === undefined ? {} : { target: { kind: target.kind, value: target.value } }),
      ...(input.decisionId === undefined ? {} : { decision_id: input.decisionId }),
      ...(input.action === undefined ? {} : { action: input.action }),
      ...(input.scope === undefined ? {} : { scope: input.scope }),
      ...(input.untilAt === undefined ? {} : { until_at: input.untilAt }),
      ...(input.edge === undefined ? {} : { edge: input.edge }),
    }),
  });
  if (response.ok) return;
  const body = (await response.json().catch(() => ({}))) as { message?: string; detail?: string };
  throw new ExitError(1, body.detail ?? body.message ?? `${url}: HTTP ${response.status}`);
}

/** Gives a command to the decider: through a running instance on this machine, else through the brokers. */
export async function sendCommand(command: CliCommand, input: CommandInput): Promise<void> {
  const wrong = whyNoCommand(input.kind, input.target ?? null);
  if (wrong !== null) throw new ExitError(2, wrong);
  const { config } = loadRootConfig(configFileOption(command), process.env);
  const stateFolder = stateFolderOf(command, config.data_dir);
  const running = findRunning(stateFolder);
  if (running !== null) {
    const tokenFile = join(stateFolder, 'operator-token');
    const token =
      config.console.token ?? (existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() : '');
    return throughConsole(running.consoleUrl, token, input);
  }
  if (config.log.brokers.length === 0) {
    throw new ExitError(
      1,
      'no running instance found and log.brokers is not set: nobody would hear the command',
    );
  }
  const log = await openLog(config.log);
  try {
    const producer = await log.producer('cli');
    await producer.send([commandRecord(makeCommand({ ...input, who: who(), at: Date.now() }))]);
    await producer.close();
  } finally {
    await log.close();
  }
}
