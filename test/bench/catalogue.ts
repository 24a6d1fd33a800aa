import type { Bench } from './bench.ts';
import { busyTraffic, traffic } from './bench-traffic.ts';

/** Every benchmark: one line each, loaded when it is run. `npm run bench -- NAME` runs one in a process of its own. */
export const benches: { readonly [name: string]: Bench } = {
  'replay-combined': async () => (await import('./replay-combined.ts')).replayCombined(),
  'bytes-per-client': async () => (await import('./client-state.ts')).bytesPerClient(),
  'returning-clients': async () => (await import('./client-state.ts')).returningClients(),
  'state-cap': async () => (await import('./client-state.ts')).stateCap(),
  checkpoint: async () => (await import('./client-state.ts')).checkpointBench(),
  detector: async () => (await import('./detector-loop.ts')).detectorLoop(traffic),
  'detector-busy': async () => (await import('./detector-loop.ts')).detectorLoop(busyTraffic),
  'plan-capacity': async () => (await import('./plan-capacity.ts')).planAMillion(),
  'decide-to-edge': async () => (await import('./decide-to-edge.ts')).decideToEdge(),
  'edge-latency': async () => (await import('./edge-latency.ts')).edgeLatency(),
};
