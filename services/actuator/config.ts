import { z } from 'zod';
import { durationField } from '../../lib/duration-field.ts';
import { isLoopbackHost, parseNetwork } from '../../lib/ip.ts';
import { whyNotSpared } from '../../lib/spared-network.ts';
import { clientClasses } from './action-table.ts';
import { edgeConfig } from './edges/catalogue.ts';
import { notificationConfig } from './notify/config.ts';

/** A network that is to be spared. */
const networkField = z.string().superRefine((text, context) => {
  const network = parseNetwork(text);
  const message =
    network === null ? 'not an address or network (192.0.2.0/24, 2001:db8::/48)' : whyNotSpared(network);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

const deciderConfig = z.strictObject({
  /** Longest time one cause may hold, escalation included. */
  max_ttl: durationField('30d').describe('Longest time one cause may hold, escalation included'),
  /** Of a block command that names no end. */
  command_ttl: durationField('1h').describe('How long a block command holds that names no end'),
  release_cool_down: durationField('10m').describe(
    'After a release, verdicts about the target change nothing for this long',
  ),
  max_targets: z
    .int()
    .positive()
    .default(1_000_000)
    .describe('Targets remembered per partition; ended ones are forgotten first'),
});
export type DeciderConfig = z.output<typeof deciderConfig>;

const allowEntry = z.strictObject({
  network: networkField.describe('Address or network that is not to be stopped'),
  site: z.string().default('*').describe('Site it holds for; * for all'),
  /** address: can not be listed, its keys and sessions stay judged. all: nothing of it is stopped. */
  covers: z.enum(['address', 'all']).default('address').describe('address: only the address; all: rules too'),
  reason: z.string().min(1).describe('Why, for the next person who reads this'),
  until: z.iso.datetime({ offset: true }).optional().describe('End, RFC 3339; without one it holds for good'),
});

/** Configuration of the actuator: what becomes of verdicts, and which edges follow. */
export const actuatorConfig = z
  .strictObject({
    decider: deciderConfig.prefault({}),
    allow_list: z.array(allowEntry).default([]).describe('Clients that are never stopped; more by command'),
    never_block: z
      .strictObject({
        networks: z.array(networkField).default([]).describe('Own networks and trusted proxies'),
        files: z.array(z.string()).default([]).describe('Files with one network a line, # for comments'),
        shipped: z.boolean().default(true).describe('The lists that come with Tidegate: CDN, verified bots'),
      })
      .prefault({}),
    clients: z
      .strictObject({
        default: z.enum(clientClasses).default('unknown').describe('Where nothing is listed or learned'),
        endpoints: z
          .record(
            z.string().regex(/^[A-Z]+ \//, { error: 'METHOD /path, as endpoints are shown' }),
            z.enum(clientClasses),
          )
          .default({})
          .describe(
            'Who calls an endpoint, where the inventory should not say: a challenge is only for browsers',
          ),
      })
      .prefault({}),
    edges: z
      .array(edgeConfig)
      .default(() => [edgeConfig.parse({ kind: 'feed', name: 'blocklist' })])
      .describe('The edges to keep in step; each starts in dry run'),
    loop: z
      .strictObject({
        verify_every: durationField('60s').describe('How often an edge is looked at when nothing changes'),
        backoff_base: durationField('1s').describe('First back-off after a fault; doubles, with full jitter'),
        backoff_cap: durationField('5m').describe('Longest back-off'),
        takeover_wait: durationField('10s').describe(
          'How long a new owner of a shared edge without a lock waits before it writes',
        ),
        /** Above this share, removals that no decision explains are held back until a person looks. */
        max_unexplained_share: z.number().min(0).max(1).default(0.2),
      })
      .prefault({}),
    planner: z
      .strictObject({
        keep_above: z
          .number()
          .min(0)
          .max(1)
          .default(0.97)
          .describe('A full edge keeps its entries while they stop this share of what the best would'),
      })
      .prefault({}),
    notifications: z
      .array(notificationConfig)
      .default([])
      .describe('Who is told of campaigns, new shadow endpoints, edges in trouble and tripped guards'),
    guard: z
      .strictObject({
        max_good_share: z
          .number()
          .min(0)
          .max(1)
          .default(0.02)
          .describe('Share of recent good requests that the entries of an edge may stop together'),
        min_good_requests: z
          .int()
          .positive()
          .default(1000)
          .describe('With fewer good requests than this a share says nothing'),
        window: durationField('6h').describe('How far back good requests are looked for in ClickHouse'),
        refresh_every: durationField('5m').describe('How often they are read again'),
      })
      .prefault({}),
    api: z
      .strictObject({
        host: z
          .string()
          .default('127.0.0.1')
          .describe('Address of the decisions API (feeds, CrowdSec bouncers)'),
        port: z.int().min(0).max(65_535).default(7482),
      })
      .prefault({}),
  })
  .superRefine((config, context) => {
    const names = new Set<string>();
    for (const [index, edge] of config.edges.entries()) {
      const problem = (message: string) =>
        context.addIssue({ code: 'custom', message, path: ['edges', index, 'name'] });
      if (names.has(edge.name)) problem(`a second edge named ${JSON.stringify(edge.name)}`);
      names.add(edge.name);
      if (
        edge.kind === 'crowdsec' &&
        config.edges.some((other, at) => other.kind === 'crowdsec' && at < index)
      )
        problem('a second crowdsec edge: bouncers share one, each with its own key');
      const open =
        edge.kind === 'feed' && edge.tokens.length === 0 && edge.basic === undefined && !edge.public;
      if (open && !isLoopbackHost(config.api.host))
        problem(
          `the feed can be read by anyone who reaches ${config.api.host}: set tokens, basic, or public: true`,
        );
      if (
        (edge.kind === 'envoy' || edge.kind === 'envoy-authz' || edge.kind === 'nginx-auth') &&
        !edge.public &&
        !isLoopbackHost(config.api.host)
      )
        problem(
          `what a proxy asks can be asked by anyone who reaches ${config.api.host}: public: true says that it is meant`,
        );
    }
  });

export type ActuatorConfig = z.output<typeof actuatorConfig>;
export type EdgeConfig = ActuatorConfig['edges'][number];

/** Epoch ms of the end of a configured allow entry; null: none. */
export function allowEndsAt(entry: ActuatorConfig['allow_list'][number]): number | null {
  return entry.until === undefined ? null : Date.parse(entry.until);
}
