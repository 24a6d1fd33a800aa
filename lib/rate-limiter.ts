import { createTwoGenerationCache } from './two-generation-cache.ts';

/** Token buckets by key, as many as are remembered: an old key that is forgotten starts full again. */
export interface RateLimiter {
  /** Whether the key may go on at `at` (epoch ms). */
  admits(key: string, at: number): boolean;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** At most `requests` in a burst, refilled within `perMs`. */
export function createRateLimiter(requests: number, perMs: number, remembered: number): RateLimiter {
  const buckets = createTwoGenerationCache<string, Bucket>(remembered);
  return {
    admits(key, at) {
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        bucket = { tokens: requests, at };
        buckets.set(key, bucket);
      }
      const refill = (Math.max(0, at - bucket.at) * requests) / perMs;
      bucket.tokens = Math.min(requests, bucket.tokens + refill);
      bucket.at = Math.max(bucket.at, at);
      if (bucket.tokens < 1) return false;
      bucket.tokens--;
      return true;
    },
  };
}
