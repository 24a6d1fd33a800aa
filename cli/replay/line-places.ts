/** Which line of the input a request was, where some lines were refused. Of one file; several have no order of lines. */
export interface LinePlaces {
  /** A line that is no request: told before any behind it is asked for. */
  refused(place: number): void;
  /** The place of the next request, from 0. */
  next(): number;
}

export function createLinePlaces(): LinePlaces {
  const refused = new Set<number>();
  let place = 0;
  return {
    refused: (at) => void refused.add(at),
    next() {
      while (refused.delete(place)) place++;
      return place++;
    },
  };
}
