import type { Population } from '../generate/populations/population.ts';
import type { CampaignOutcome, EvaluatedDetector } from './detectors/detector.ts';
import type { Parameters } from './parameters.ts';
import type { Scenario } from './scenario.ts';
import { scenarioTraffic } from './scenario-traffic.ts';
import { createTally, type Tally } from './tally.ts';

/** A point of the trade between attack stopped and honest people stopped. */
export interface OperatingPoint extends Tally {
  readonly point: string;
}

/** One scenario with one seed. */
export interface Run {
  readonly seed: number;
  /** Of the detector as it is shipped. */
  readonly tally: Tally;
  readonly campaigns: readonly CampaignOutcome[];
  /** Targets that the detector decided to act on. */
  readonly decisions: number;
  /** For scenarios that show a curve: every operating point, the shipped one first. */
  readonly curve: readonly OperatingPoint[];
  /** Spent on making traffic and detecting, user and system, seconds. */
  readonly cpu_seconds: number;
}

/** Share of the log at its start in which nothing is enforced, as `tidegate replay` does it. */
const warmUpShare = 1 / 7;

export async function runScenario(options: {
  readonly scenario: Scenario;
  readonly population: Population;
  readonly parameters: Parameters;
  readonly seed: number;
  readonly detector: EvaluatedDetector;
  readonly signal: AbortSignal;
  /** Share of the run that is through, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}): Promise<Run> {
  const { scenario, detector, parameters, seed, signal } = options;
  const traffic = scenarioTraffic(scenario, options.population, parameters, seed);
  const lengthMs = traffic.endMs - traffic.startMs;
  const delayMs = Math.round(parameters.delay * 1000);
  // Where little goes before, the edge is armed well before it happens all the same.
  const warmUpMs = Math.floor(Math.min(lengthMs * warmUpShare, (traffic.fromMs - traffic.startMs) / 2));
  const points = scenario.row === 'curve' ? detector.operatingPoints : detector.operatingPoints.slice(0, 1);
  const usage = process.cpuUsage();
  const curve: OperatingPoint[] = [];
  let shipped: Pick<Run, 'campaigns' | 'decisions'> = { campaigns: [], decisions: 0 };
  for (const [index, point] of points.entries()) {
    const tally = createTally(delayMs);
    let count = 0;
    const report = await detector.run({
      operatingPoint: point,
      format: scenario.format,
      warmUpMs,
      delayMs,
      events: traffic.events,
      signal,
      settled(timestamp, label, outcome) {
        tally.add(timestamp, label, outcome);
        if (++count % 2000 === 0)
          options.onProgress?.((index + (timestamp - traffic.startMs) / lengthMs) / points.length);
      },
    });
    if (index === 0) shipped = report;
    curve.push({ point, ...tally.result() });
  }
  const { user, system } = process.cpuUsage(usage);
  const { point: _, ...tally } = curve[0]!;
  return {
    seed,
    tally,
    campaigns: shipped.campaigns,
    decisions: shipped.decisions,
    curve: points.length > 1 ? curve : curve.slice(0, scenario.row === 'curve' ? 1 : 0),
    cpu_seconds: (user + system) / 1e6,
  };
}
