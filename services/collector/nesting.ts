/** Requests are flat; what is nested deeper than this is no request, and would exhaust the stack where it is written. */
const deepest = 32;

/** True for parsed JSON that is nested too deeply to be handled. Looks no deeper itself. */
export function isTooDeep(value: unknown, levels = deepest): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null && isTooDeep(inner, levels - 1)) return true;
  return false;
}
