/** An end of Wilson's score interval, which lies within 0 to 1 but for rounding. */
function wilson(share: number, n: number, z: number, side: 1 | -1): number {
  const z2 = z * z;
  const centre = share + z2 / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return (centre + side * spread) / (1 + z2 / n);
}

/**
 * One-sided upper bound of a share by Wilson's score interval, `z` standard deviations above (default: 95 %); `n` may be
 * fractional. 1 without observations.
 */
export function wilsonUpper(share: number, n: number, z = 1.645): number {
  return n <= 0 ? 1 : Math.min(1, wilson(share, n, z, 1));
}

/** The one-sided lower bound of the same interval. 0 without observations. */
export function wilsonLower(share: number, n: number, z = 1.645): number {
  return n <= 0 ? 0 : Math.max(0, wilson(share, n, z, -1));
}
