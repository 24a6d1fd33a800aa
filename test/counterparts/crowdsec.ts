import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from './counterpart.ts';
import { freePort } from './free-port.ts';
import { startProcess } from './process.ts';

/** Path of CrowdSec's own custom bouncer, or null. */
export function findCrowdsecBouncer(): string | null {
  return findBinary('crowdsec-custom-bouncer');
}

/** One call of the bouncer's script. */
export interface BouncerCall {
  readonly operation: 'add' | 'del';
  readonly value: string;
  /** `3h59m` or seconds, as the bouncer's version writes it. */
  readonly duration: string;
  readonly reason: string;
}

export interface RunningBouncer {
  calls(): readonly BouncerCall[];
  /** Addresses and ranges that are blocked by what it was told. */
  blocked(): ReadonlySet<string>;
  output(): string;
  stop(): Promise<void>;
}

/** Runs the real bouncer against an API; each decision it learns of calls a script that notes it down. */
export async function startCrowdsecBouncer(options: {
  readonly dir: string;
  /** `http://127.0.0.1:7482` */
  readonly apiUrl: string;
  readonly apiKey: string;
}): Promise<RunningBouncer> {
  const binary = findCrowdsecBouncer();
  if (binary === null)
    throw new Error('crowdsec-custom-bouncer not found: run scripts/install-counterparts.sh');
  const { dir } = options;
  const script = join(dir, 'note.sh');
  const notes = join(dir, 'calls.tsv');
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\t%s\\t%s\\t%s\\n' "$1" "$2" "$3" "$4" >>'${notes}'\n`);
  chmodSync(script, 0o755);
  const config = join(dir, 'bouncer.yaml');
  writeFileSync(
    config,
    `bin_path: ${script}
feed_via_stdin: false
total_retries: 0
scenarios_containing: []
scenarios_not_containing: []
origins: []
piddir: ${dir}/
update_frequency: 1s
cache_retention_duration: 1s
daemonize: false
log_mode: stdout
log_dir: ${dir}/
log_level: info
api_url: ${options.apiUrl}/
api_key: ${options.apiKey}
prometheus:
  enabled: false
  listen_addr: 127.0.0.1
  listen_port: ${await freePort()}
`,
  );
  const process = startProcess(binary, ['-c', config], { cwd: dir });
  const calls = (): BouncerCall[] => {
    if (!existsSync(notes)) return [];
    return readFileSync(notes, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [operation, value, duration, reason] = line.split('\t');
        return {
          operation: operation as 'add' | 'del',
          value: value!,
          duration: duration!,
          reason: reason ?? '',
        };
      });
  };
  return {
    calls,
    blocked() {
      const blocked = new Set<string>();
      for (const { operation, value } of calls()) {
        if (operation === 'add') blocked.add(value);
        else blocked.delete(value);
      }
      return blocked;
    },
    output: process.output,
    stop: () => process.stop(),
  };
}
