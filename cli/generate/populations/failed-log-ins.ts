import { type Due, due } from '../event.ts';
import { chance } from '../random.ts';
import type { Visit } from '../visit.ts';
import type { World } from '../world.ts';

export interface FailedLogIns {
  readonly path: string;
  /** Passwords typed wrong before the right one. */
  readonly wrong: number;
  /** What the server answers. */
  readonly status: number;
  readonly bytes: number;
  readonly ms: number;
  /** Median time to type it again, seconds. */
  readonly pauseSeconds: number;
  /** Chance to give up after each failure. */
  readonly givesUp: number;
}

/** What goes wrong before a log-in succeeds: mistyped passwords, or the identity provider is down. False: gave up. */
export function* failedLogIns(visit: Visit, world: World, options: FailedLogIns): Generator<Due, boolean> {
  const { path, status, bytes, ms } = options;
  for (let { wrong } = options; world.loginsFail(visit.now) || wrong > 0; wrong = Math.max(0, wrong - 1)) {
    yield due(visit.request('POST', path, { status, outcome: 'failure', bytes, ms }));
    visit.think(options.pauseSeconds);
    if (chance(visit.random, options.givesUp)) return false;
  }
  return true;
}
