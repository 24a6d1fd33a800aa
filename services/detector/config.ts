import { z } from 'zod';
import { durationField, optionalDurationField } from '../../lib/duration-field.ts';
import { mostRecordBytes } from '../../lib/log/log.ts';
import { inventoryConfig } from './inventory/config.ts';

const limit = (fallback: number) => z.number().int().positive().default(fallback);

/** What a log takes, less what a frame says of itself and what the size of its groups is estimated by. */
const mostFrameBytes = mostRecordBytes - 100_000;

/** Configuration of the detector. Thresholds live in the policies; here are time, learning and memory. */
export const detectorConfig = z.strictObject({
  /** Folder of policy files; empty: the shipped ones. */
  policies: z.string().default('').describe('Folder of policy files; empty: the shipped ones'),
  /** Written by `tidegate baseline`; sites without state of their own begin with it. */
  baseline: z.string().default('').describe('File of learned baselines to begin with; empty: none'),
  /** A source class this far behind the furthest of its site holds nothing back any more; so does a site behind the others. */
  retire_after: durationField('60s').describe(
    'Silence after which a source class, or a whole site, holds nothing back',
  ),
  /** Added to the end of a pane to date a decision: the lateness sources are allowed, so that replay is honest. */
  lateness: durationField('1s').describe('Allowed lateness; decisions are dated pane end plus this'),
  /** Time between checkpoints of state and offset. */
  checkpoint_every: durationField('10s'),
  /** Duplicates of an event are recognised within this time. */
  duplicates_within: durationField('60s').describe('Time within which a repeated event id is dropped'),
  learning: z
    .strictObject({
      /** Longest time a pane is held before it may enter a baseline. */
      hold: durationField('15m'),
      /** Shortest such time. In between: `holdOf` in reduce/site/baseline.ts. */
      hold_least: durationField('60s'),
      /** Half-life of what is learned. */
      half_life: durationField('7d'),
    })
    .prefault({}),
  campaign: z
    .strictObject({
      /** A campaign ends after this long without excess and without requests that its signatures select. */
      quiet: durationField('2m'),
      /**
       * For campaigns that edges stop before the log, where the log does not show what they stop: they end after this long
       * without a request that their signatures select. Two intervals of the edges' probe.
       */
      stopped_quiet: optionalDurationField().describe(
        'Two intervals of the probe of edges that stop before the log; left out: taken from those edges',
      ),
      /** An address becomes a member after this many selected requests. */
      member_after: limit(3),
      /** Most members of one campaign, and most addresses beside them that came once. */
      members: limit(20_000),
      /** Most campaigns that may be open on one site. */
      open: limit(200),
    })
    .prefault({}),
  /** Countries with genuine business by site; sites that are not named learn theirs. */
  business_countries: z
    .record(
      z.string(),
      z.array(z.string().regex(/^[A-Z]{2}$/, 'a country is two capitals, for example DE')).min(1),
    )
    .default({})
    .describe('Countries with genuine business by site (ISO 3166-1); not named: learned'),
  good_list: z
    .boolean()
    .default(false)
    .describe('Publish who is good while a signature spares the good: for edges with good_list'),
  inventory: inventoryConfig.prefault({}),
  /** Events per stratum (suspicious, other) sampled per group and pane. */
  samples: limit(48),
  limits: z
    .strictObject({
      /** Clients remembered per partition and step (20 bytes each; rounded up to a power of two). */
      actors: limit(1_000_000),
      /** Addresses whose last minute is counted, per partition (144 bytes each; rounded up to a power of two). */
      addresses: limit(250_000),
      /** Accounts remembered per policy on accounts and partition of `keyed` (230 bytes each). */
      accounts: limit(250_000),
      /** Event ids remembered per partition for duplicates. */
      recent_events: limit(2_000_000),
      /** Groups per pane and partition; the rest is counted in `other`. */
      groups: limit(2_000),
      /** Single clients reported per pane and partition. */
      clients_per_pane: limit(200),
      /** Scopes with a baseline, per reducer. */
      scopes: limit(20_000),
      /** Samples that the baselines of a site keep of their normal mix of attributes (about 500 bytes each). */
      reference_samples: limit(400_000),
      /** Bytes of one pane frame; a group that alone is larger loses samples. */
      frame_bytes: z
        .number()
        .int()
        .positive()
        .max(mostFrameBytes, `at most ${mostFrameBytes}: a log refuses larger records`)
        .default(512_000),
    })
    .prefault({}),
});

export type DetectorConfig = z.output<typeof detectorConfig>;
