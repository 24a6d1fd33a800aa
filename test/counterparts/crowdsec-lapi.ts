import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary, unpackedEnvironment } from './counterpart.ts';
import { freePort, until } from './free-port.ts';
import { startProcess } from './process.ts';

/** Path of CrowdSec itself, or null. */
export function findCrowdsec(): string | null {
  return findBinary('cscli') === null ? null : findBinary('crowdsec');
}

export interface RunningLapi {
  readonly url: string;
  /** A machine that may push, and a bouncer's key that may read. */
  readonly machine: { readonly machine_id: string; readonly password: string };
  readonly apiKey: string;
  /** As the operator works with it. */
  cscli(...args: readonly string[]): string;
  output(): string;
  stop(): Promise<void>;
}

/** CrowdSec's local API alone: no agent, no central API, SQLite in a folder of its own. */
export async function startCrowdsecLapi(): Promise<RunningLapi> {
  const [crowdsec, cscli] = [findBinary('crowdsec'), findBinary('cscli')];
  if (crowdsec === null || cscli === null)
    throw new Error('crowdsec not found: run scripts/install-counterparts.sh');
  const dir = mkdtempSync(join(tmpdir(), 'tidegate-lapi-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  for (const folder of ['data', 'hub', 'notifications', 'plugins', 'patterns']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'hub', '.index.json'), '{}');
  writeFileSync(join(dir, 'simulation.yaml'), 'simulation: false\n');
  writeFileSync(join(dir, 'acquis.yaml'), '');
  writeFileSync(
    join(dir, 'profiles.yaml'),
    'name: none\nfilters: [ "false" ]\ndecisions: [ { type: ban, duration: 1h } ]\n',
  );
  writeFileSync(join(dir, 'credentials.yaml'), '');
  const config = join(dir, 'config.yaml');
  writeFileSync(
    config,
    `common: { daemonize: false, log_media: stdout, log_level: info, working_dir: . }
config_paths:
  config_dir: ${dir}
  data_dir: ${dir}/data
  simulation_path: ${dir}/simulation.yaml
  hub_dir: ${dir}/hub
  index_path: ${dir}/hub/.index.json
  notification_dir: ${dir}/notifications
  plugin_dir: ${dir}/plugins
crowdsec_service: { acquisition_path: ${dir}/acquis.yaml }
cscli: { output: raw }
db_config: { log_level: error, type: sqlite, db_path: ${dir}/data/crowdsec.db }
api:
  client: { credentials_path: ${dir}/credentials.yaml }
  server: { log_level: info, listen_uri: "127.0.0.1:${port}", profiles_path: ${dir}/profiles.yaml }
prometheus: { enabled: false }
`,
  );
  const run = (...args: readonly string[]): string =>
    execFileSync(cscli, ['-c', config, ...args], {
      encoding: 'utf8',
      env: unpackedEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const machine = { machine_id: 'tidegate', password: 'a-password-of-a-machine' };
  const apiKey = 'a-key-of-a-bouncer';
  const credentials = ['--password', machine.password, '-f', join(dir, 'credentials.yaml'), '-u', url];
  run('machines', 'add', machine.machine_id, ...credentials);
  run('bouncers', 'add', 'tidegate', '-k', apiKey);
  const process = startProcess(crowdsec, ['-c', config, '-no-cs'], { cwd: dir });
  await until(
    'the local API answers',
    async () => {
      if (process.child.exitCode !== null) throw new Error(process.output());
      return (await fetch(`${url}/v1/decisions`)).status === 403;
    },
    30_000,
  );
  return {
    url,
    machine,
    apiKey,
    cscli: run,
    output: process.output,
    async stop() {
      await process.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
