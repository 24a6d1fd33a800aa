import type { EventLabel, LabelledEvent } from '../../generate/event.ts';
import type { OutputFormat } from '../../generate/format.ts';
import type { RequestOutcome } from '../../replay/simulated-edge.ts';

/** Something that decides which requests are stopped: Tidegate itself, or a constant that the suite must see through. */
export interface EvaluatedDetector {
  readonly name: string;
  /** Ways to run it that trade attack stopped for honest people stopped; the first is how it is shipped. */
  readonly operatingPoints: readonly string[];
  run(input: DetectorInput): Promise<DetectorReport>;
}

export interface DetectorInput {
  readonly operatingPoint: string;
  readonly format: OutputFormat;
  /** From the first request on, for this long nothing is stopped, ms. */
  readonly warmUpMs: number;
  readonly delayMs: number;
  events(): Generator<LabelledEvent, void>;
  /** Every request, in order. */
  settled(timestamp: number, label: EventLabel, outcome: RequestOutcome): void;
  readonly signal: AbortSignal;
}

export interface CampaignOutcome {
  readonly title: string;
  readonly kind: string;
  readonly scope: string;
  /** The most that it ever was. */
  readonly state: 'observed' | 'active';
  readonly action: string;
  /** Epoch ms. */
  readonly opened_at: number;
  readonly signatures: readonly string[];
  readonly reason: string;
}

export interface DetectorReport {
  readonly campaigns: readonly CampaignOutcome[];
  readonly decisions: number;
}
