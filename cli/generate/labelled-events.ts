import type { GeneratedEvent, Journey, LabelledEvent } from './event.ts';
import { inOrder } from './schedule.ts';

/** What happens at a time, as far as labels tell. */
export interface Happening {
  readonly name: string;
  onTarget(event: GeneratedEvent): boolean;
}

/**
 * All that the flows do between two moments, in order of time, numbered, and labelled. `happening`: what goes on at the
 * event's time; called once for each event, in order.
 */
export function* labelledEvents(
  flows: readonly Journey[],
  options: { readonly startMs: number; readonly endMs: number; readonly idPrefix: string },
  happening: (event: GeneratedEvent) => Happening | null,
): Generator<LabelledEvent, void> {
  let count = 0;
  for (const { due, journey } of inOrder(flows)) {
    const { event } = due;
    if (event === null || event.timestamp < options.startMs) continue;
    if (event.timestamp >= options.endMs) return;
    const current = happening(event);
    event.event_id = options.idPrefix + (count++).toString(36).padStart(6, '0');
    yield {
      event,
      label: {
        event_id: event.event_id,
        label: journey.attack ? 'attack' : 'honest',
        incident: current?.name ?? null,
        population: journey.population,
        on_target: current?.onTarget(event) ?? false,
      },
    };
  }
}
