/**
 * One after the other for each name: some vendors take one pending operation per account, whichever edge it is for.
 * Within this process; across processes the lease of the edge and the vendor's own refusal have to do.
 */
export function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = running.get(name) ?? Promise.resolve();
  const result = before.then(work);
  const settled = result.then(
    () => {},
    () => {},
  );
  running.set(name, settled);
  void settled.then(() => {
    if (running.get(name) === settled) running.delete(name);
  });
  return result;
}

const running = new Map<string, Promise<void>>();
