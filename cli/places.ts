import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folders of the XDG base directory specification; systemd's `$STATE_DIRECTORY` wins for state. */
export interface Places {
  /** Downloaded jars and derived data: may be deleted at any time. */
  readonly cache: string;
  /** Checkpoints, positions, the installation secret, the embedded store. */
  readonly state: string;
}

export function findPlaces(env: NodeJS.ProcessEnv): Places {
  return {
    cache: join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tidegate'),
    state:
      env['STATE_DIRECTORY'] || join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'tidegate'),
  };
}
