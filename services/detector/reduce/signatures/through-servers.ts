import { flag } from '../../layout.ts';
import type { Weighted } from '../miner/weighted.ts';
import type { WatchedScope } from '../site/site-state.ts';
import { gatewaysOf } from '../site/usual-callers.ts';

/**
 * Requests as an edge sees them that spares the good. What speaks for a server that people come through speaks for an attack that comes
 * through it too; while that goes on the server may look worse, and is as good as ever once it is stopped.
 */
export function asSpared(felt: WatchedScope, requests: readonly Weighted[]): Weighted[] {
  const gateways = gatewaysOf(felt);
  return requests.map((one) =>
    gateways.has(one.sample.client)
      ? { ...one, sample: { ...one.sample, flags: one.sample.flags | flag.good } }
      : one,
  );
}
