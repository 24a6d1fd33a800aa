/**
 * One-sided upper bound of a share by Wilson's score interval, `z` standard deviations above (default: 95 %); `n` may be
 * fractional. 1 without observations.
 */
export function wilsonUpper(share: number, n: number, z = 1.645): number {
  if (n <= 0) return 1;
  const z2 = z * z;
  const centre = share + z2 / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return Math.min(1, (centre + spread) / (1 + z2 / n));
}

/** The one-sided lower bound of the same interval. 0 without observations. */
export function wilsonLower(share: number, n: number, z = 1.645): number {
  if (n <= 0) return 0;
  const z2 = z * z;
  const centre = share + z2 / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return Math.max(0, (centre - spread) / (1 + z2 / n));
}
