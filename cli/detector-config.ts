import type { DetectorConfig } from '../services/detector/config.ts';
import type { RootConfig } from './config.ts';

/**
 * What the detector runs with beside live edges. An edge with a probe is one whose log does not show what it stops: a
 * campaign that goes silent there is over when two intervals have passed, one of which holds a whole probe.
 */
export function liveDetectorConfig({ detector, actuator }: RootConfig): DetectorConfig {
  const intervals = actuator.edges.flatMap(({ probe, dry_run: dry }) =>
    probe === undefined || dry === true ? [] : [probe.every],
  );
  if (detector.campaign.stopped_quiet !== undefined || intervals.length === 0) return detector;
  return { ...detector, campaign: { ...detector.campaign, stopped_quiet: 2 * Math.max(...intervals) } };
}
