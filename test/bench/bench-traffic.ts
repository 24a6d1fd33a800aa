import type { TrafficOptions } from '../../cli/generate/traffic.ts';

/** Made-up traffic to measure on. */
export type BenchTraffic = TrafficOptions & Required<Pick<TrafficOptions, 'durationMs' | 'scale'>>;

/** All three attacks and a flash sale within three minutes, 2,000 honest requests a second. */
export const traffic: BenchTraffic = { scenario: 'showcase', seed: 7, durationMs: 180_000, scale: 20 };
/**
 * The same within a minute, 10,000 honest requests a second: about as many as the loop gets through. What a second costs,
 * however many requests it has, is shared by as many as a busy partition has.
 */
export const busyTraffic: BenchTraffic = { ...traffic, durationMs: 60_000, scale: 100 };
