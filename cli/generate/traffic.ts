import { backgroundFlows } from './background.ts';
import type { LabelledEvent } from './event.ts';
import { labelledEvents } from './labelled-events.ts';
import { createPartners } from './partners.ts';
import { defaultDurationMs, type Incident, type ScenarioName, timeline } from './scenarios.ts';
import { createWorld } from './world.ts';

/** A Monday in the European morning, in the time the browser catalogue knows. */
export const defaultStartMs = Date.parse('2026-11-16T10:00:00Z');

export interface TrafficOptions {
  readonly scenario: ScenarioName;
  readonly seed: number;
  /** Epoch ms of the first moment; default `defaultStartMs`. */
  readonly startMs?: number;
  /** Default: what the scenario was laid out for. Incidents scale along. */
  readonly durationMs?: number;
  /** 1 (the default) = about 100 honest requests a second; attacks scale along. */
  readonly scale?: number;
  /** Multiplies attacks and the flash sale against the background. Default 1. */
  readonly intensity?: number;
  /** Share of attack requests with genuine clients' attributes, 0 to 1. Default 0.02. */
  readonly stealth?: number;
}

/** People are in the middle of their visits when the output starts. */
const leadMs = 4 * 60_000;

/** When what happens: the incidents and controls of a run, in order. */
export function incidentsOf(options: TrafficOptions): readonly Incident[] {
  return timeline(
    options.scenario,
    options.startMs ?? defaultStartMs,
    options.durationMs ?? defaultDurationMs[options.scenario],
  );
}

/**
 * Traffic of a shop and a bank, in order of time, made as it is read. Pure: the same options give the same events, and
 * each event object belongs to the caller.
 */
export function* generateTraffic(options: TrafficOptions): Generator<LabelledEvent, void> {
  const startMs = options.startMs ?? defaultStartMs;
  const endMs = startMs + (options.durationMs ?? defaultDurationMs[options.scenario]);
  const world = createWorld({ seed: options.seed, startMs, endMs, scale: options.scale ?? 1 });
  const partners = createPartners(options.seed);
  const incidents = incidentsOf(options);
  const strength = { intensity: options.intensity ?? 1, stealth: options.stealth ?? 0.02 };
  const flows = [
    ...backgroundFlows(world, partners, leadMs),
    ...incidents.flatMap((incident) => incident.flows(world, partners, strength)),
  ];
  let next = 0;
  let current: Incident | null = null;
  yield* labelledEvents(
    flows,
    { startMs, endMs, idPrefix: `evt_g${options.seed.toString(36)}_` },
    (event) => {
      if (current !== null && event.timestamp >= current.untilMs) current = null;
      while (next < incidents.length && event.timestamp >= incidents[next]!.fromMs)
        current = incidents[next++]!;
      return current;
    },
  );
}
