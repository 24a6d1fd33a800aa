import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import { totalmem } from 'node:os';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { isEmbeddedAvailable } from '../lib/clickhouse/embedded.ts';
import { ConfigError } from '../lib/config.ts';
import { findJava, findMaven } from '../lib/engines/java.ts';
import { dataStatus } from '../services/enricher/data-status.ts';
import { loadRootConfig, type RootConfig } from './config.ts';
import { configFileOption } from './config-command.ts';
import { findPlaces } from './places.ts';
import { styled, terminalOf } from './terminal.ts';

type Level = 'ok' | 'note' | 'problem';
export interface Finding {
  readonly subject: string;
  readonly level: Level;
  readonly found: string;
  /** What to do, where there is something to do. */
  readonly advice?: string;
}

const run = promisify(execFile);

async function versionOf(command: string, args: readonly string[], pattern: RegExp): Promise<string | null> {
  try {
    const { stdout, stderr } = await run(command, [...args], { timeout: 5000 });
    return pattern.exec(`${stdout}${stderr}`)?.[1] ?? null;
  } catch {
    return null;
  }
}

function reachable(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const answer = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > 20 || (major === 20 && minor >= 19);
  return {
    subject: 'node',
    level: fine ? 'ok' : 'problem',
    found: process.versions.node,
    ...(fine ? {} : { advice: 'install Node 20.19 or newer' }),
  };
}

function checkState(folder: string): Finding {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    const free = (bavail * bsize) / 2 ** 30;
    return {
      subject: 'state',
      level: free < 2 ? 'note' : 'ok',
      found: `${folder}, ${free.toFixed(0)} GiB free`,
      ...(free < 2 ? { advice: 'give it at least 2 GiB' } : {}),
    };
  } catch (error) {
    return {
      subject: 'state',
      level: 'problem',
      found: `${folder}: ${String(error)}`,
      advice: 'set data_dir to a folder you can write',
    };
  }
}

async function checkLog(config: RootConfig, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (config.log.brokers.length > 0) {
    return Promise.all(
      config.log.brokers.map(async (broker): Promise<Finding> => {
        const [, host = '', port = '9092'] = /^(.*):(\d+)$/.exec(broker) ?? [broker, broker];
        const answers = await reachable(host, Number(port));
        return {
          subject: 'kafka',
          level: answers ? 'ok' : 'problem',
          found: `${broker} ${answers ? 'accepts connections' : 'does not answer'}`,
          ...(answers ? {} : { advice: 'check log.brokers and the network' }),
        };
      }),
    );
  }
  const java = await findJava(env);
  const maven = await findMaven(env);
  if (java !== null && maven !== null) {
    return [
      {
        subject: 'kafka',
        level: 'ok',
        found: `no brokers given; a local Apache Kafka will be started (Java ${java.version}, Maven found)`,
      },
    ];
  }
  return [
    {
      subject: 'kafka',
      level: 'note',
      found: `no brokers given; ${java === null ? 'no Java 17+' : 'no Maven'}: the in-process log will be used`,
      advice: 'give log.brokers, or install Java 17 and Maven for a local Apache Kafka',
    },
  ];
}

async function checkStore(config: RootConfig): Promise<Finding> {
  if (config.clickhouse.url !== undefined) {
    const url = new URL(config.clickhouse.url);
    const answers = await reachable(
      url.hostname,
      Number(url.port || (url.protocol === 'https:' ? 443 : 8123)),
    );
    return {
      subject: 'clickhouse',
      level: answers ? 'ok' : 'problem',
      found: `${url.origin} ${answers ? 'accepts connections' : 'does not answer'}`,
      ...(answers ? {} : { advice: 'check clickhouse.url and the network' }),
    };
  }
  return (await isEmbeddedAvailable())
    ? {
        subject: 'clickhouse',
        level: 'ok',
        found: 'no address given; the embedded engine (chdb) will be used',
      }
    : {
        subject: 'clickhouse',
        level: 'note',
        found: 'no address given, and chdb is not installed',
        advice: 'set clickhouse.url, or npm install chdb',
      };
}

async function checkEdge(): Promise<Finding> {
  const nginx = await versionOf('nginx', ['-v'], /nginx\/([\d.]+)/);
  return nginx === null
    ? {
        subject: 'nginx',
        level: 'note',
        found: 'not found',
        advice: 'only needed for the demo’s real edge and an nginx edge on this host: apt install nginx',
      }
    : { subject: 'nginx', level: 'ok', found: nginx };
}

export async function diagnose(configFile: string | undefined, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const findings: Finding[] = [checkNode()];
  findings.push({
    subject: 'memory',
    level: totalmem() < 2 * 2 ** 30 ? 'note' : 'ok',
    found: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
  });
  let config: RootConfig;
  try {
    const loaded = loadRootConfig(configFile, env);
    config = loaded.config;
    findings.push({ subject: 'config', level: 'ok', found: loaded.file ?? 'no file: defaults' });
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [String(error)];
    return [
      ...findings,
      ...problems.map((problem): Finding => ({ subject: 'config', level: 'problem', found: problem })),
    ];
  }
  findings.push(checkState(config.data_dir ?? findPlaces(env).state));
  findings.push(...(await checkLog(config, env)), await checkStore(config), await checkEdge());
  for (const set of await dataStatus(config.enricher)) {
    findings.push({
      subject: 'data',
      level: set.warning === null ? 'ok' : 'note',
      found: `${set.name}${set.age_days === null ? '' : `, ${set.age_days} days old`}`,
      ...(set.warning === null ? {} : { advice: set.warning }),
    });
  }
  if (config.collector.http.tokens.length === 0) {
    findings.push({
      subject: 'collector',
      level: 'note',
      found: 'no bearer token: HTTP batches are accepted from loopback only',
      advice: 'set collector.http.tokens',
    });
  }
  if (existsSync('.demo'))
    findings.push({ subject: 'demo', level: 'ok', found: '.demo holds the state of the last demo' });
  return findings;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what this machine has, what will be used, and what to do about the rest')
    .option('--json', 'findings as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const findings = await diagnose(configFileOption(command), process.env);
      const terminal = terminalOf(process.stdout, process.env);
      const marks = {
        ok: styled(terminal, 'green', '✓'),
        note: styled(terminal, 'yellow', '•'),
        problem: styled(terminal, 'red', '✗'),
      };
      if (options.json === true) console.log(JSON.stringify(findings, null, 2));
      else {
        for (const { subject, level, found, advice } of findings) {
          console.log(
            ` ${marks[level]} ${subject.padEnd(12)} ${found}${advice === undefined ? '' : `\n   ${' '.repeat(12)} → ${advice}`}`,
          );
        }
      }
      if (findings.some((finding) => finding.level === 'problem')) process.exitCode = 1;
    });
}
