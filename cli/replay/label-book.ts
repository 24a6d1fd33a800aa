import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { ExitError } from '../exit-error.ts';
import type { EventLabel } from '../generate/event.ts';

/** The truth about an input: by event id, or, where the input brings no ids, by line. */
export interface LabelBook {
  readonly size: number;
  /** `place`: which line of the input it was, from 0. */
  find(eventId: string, place: number): EventLabel | undefined;
  /** Labels go by line; null before the first was looked for. */
  readonly byLine: boolean | null;
}

/** Labels of the user's own may leave out all but the truth itself. */
type Given = Pick<EventLabel, 'label'> &
  Partial<Omit<EventLabel, 'event_id'>> & { readonly event_id?: string | number };

/** The incident of labels that name none. */
const everything = 'all';

/**
 * Reads NDJSON, gzipped when the name ends so, blank lines left out. Without `incident` all is one; null is between
 * incidents; without `event_id`, in none or in all, labels go by line, also those that can not be read. An ExitError (3) names the first line that is no label.
 */
export async function readLabels(path: string): Promise<LabelBook> {
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => input.destroy(error));
  const inOrder: EventLabel[] = [];
  const byId = new Map<string, EventLabel>();
  let line = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line++;
    if (text === '') continue;
    let label: Given;
    try {
      label = JSON.parse(text) as Given;
    } catch {
      throw new ExitError(3, `${path}:${line}: not a label (a JSON object a line)`);
    }
    // whoever numbers them for a log without ids may write numbers
    const isNamed = typeof label?.event_id === 'string' || typeof label?.event_id === 'number';
    const isGiven = isNamed || (label !== null && label?.event_id === undefined);
    if (!isGiven || (label.label !== 'attack' && label.label !== 'honest'))
      throw new ExitError(
        3,
        `${path}:${line}: a label has label (honest | attack), and event_id (text or number) where the log has ids`,
      );
    const whole: EventLabel = {
      incident: everything,
      population: '',
      on_target: false,
      ...label,
      event_id: isNamed ? String(label.event_id) : '',
    };
    if (inOrder.length > 0 && isNamed !== byId.size > 0)
      throw new ExitError(3, `${path}:${line}: event_id stands in some labels and not in others`);
    inOrder.push(whole);
    if (isNamed) byId.set(whole.event_id, whole);
  }
  let byLine: boolean | null = null;
  return {
    size: inOrder.length,
    find(eventId, place) {
      byLine ??= !byId.has(eventId);
      return byLine ? inOrder[place] : byId.get(eventId);
    },
    get byLine() {
      return byLine;
    },
  };
}
