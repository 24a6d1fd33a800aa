import { setImmediate as breathe } from 'node:timers/promises';
import type { Campaign, Signature } from '../../../lib/contracts/generated.ts';
import type { Logger } from '../../../lib/observability/logger.ts';
import { sparedBy } from '../../../lib/signature/standing.ts';
import type { InspectedFile } from '../../../services/collector/collect-files.ts';
import { formatConfig } from '../../../services/collector/config.ts';
import { createFormat } from '../../../services/collector/formats/catalogue.ts';
import { loadPolicies, type Policy } from '../../../services/detector/policies/load-policies.ts';
import type { RootConfig } from '../../config.ts';
import type { EventLabel, LabelledEvent } from '../../generate/event.ts';
import { collectedAs, formatEvent, type OutputFormat } from '../../generate/format.ts';
import { edgePresets } from '../../replay/edge-presets.ts';
import { runOpenLoop } from '../../replay/run-open-loop.ts';
import type { CampaignOutcome, EvaluatedDetector } from './detector.ts';

/** Collateral budgets other than the shipped ones: upper bound of good traffic that a signature may select. */
const budgets: { readonly [point: string]: number } = { '0.5 %': 0.005, '2 %': 0.02, '10 %': 0.1 };
const asShipped = 'as shipped';

function withBudget(policies: readonly Policy[], point: string): readonly Policy[] {
  const budget = budgets[point];
  if (budget === undefined) return policies;
  return policies.map((policy) => ({
    ...policy,
    hash: `${policy.hash}@${budget}`,
    document: {
      ...policy.document,
      campaign: {
        ...policy.document.campaign,
        'max-collateral': budget,
        'max-collateral-except-good': budget,
      },
    },
  }));
}

const chunkBytes = 128 * 1024;

/** The events as a shipper would write them; the labels stay here. */
function asFile(
  events: Generator<LabelledEvent, void>,
  format: OutputFormat,
  labels: EventLabel[],
): InspectedFile {
  const collected = collectedAs(format);
  const config = formatConfig.parse({ format: collected });
  return {
    input: {
      name: `generated.${format}`,
      sample: [],
      size: null,
      bytesRead: () => 0,
      async *chunks(signal) {
        let lines: string[] = [];
        let bytes = 0;
        for (const { event, label } of events) {
          const line = formatEvent(event, format);
          labels.push(label);
          lines.push(line);
          bytes += line.length + 1;
          if (bytes < chunkBytes) continue;
          yield Buffer.from(`${lines.join('\n')}\n`);
          signal?.throwIfAborted();
          lines = [];
          bytes = 0;
          await breathe();
        }
        if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
      },
    },
    format: createFormat(collected, config),
    formatConfig: config,
    firstAt: null,
    sampleAddresses: [],
  };
}

const whomItSpares = (signature: Signature): string => {
  if (signature.except_good) return 'all but the good: ';
  return sparedBy(signature) === null ? '' : 'sparing the good: ';
};

const describe = (campaign: Campaign, everActive: boolean): CampaignOutcome => ({
  title: campaign.title,
  kind: campaign.kind,
  scope: campaign.scopes.map(({ key }) => key).join(', '),
  state: everActive ? 'active' : 'observed',
  action: campaign.applied_action,
  opened_at: campaign.opened_at,
  signatures: campaign.signatures.map(
    ({ signature }) =>
      `${whomItSpares(signature)}${signature.predicates
        .map(({ attribute, op, values }) => `${attribute} ${op} ${values.join('|')}`)
        .join(' & ')}`,
  ),
  reason: campaign.reason,
});

/** The services of the pipeline in this process, as `tidegate replay` runs them. */
export function createTidegate(config: RootConfig, logger: Logger): EvaluatedDetector {
  const policies = loadPolicies(config.detector.policies);
  const edge = edgePresets.find(({ name }) => name === 'generic')!;
  return {
    name: 'tidegate',
    operatingPoints: [asShipped, ...Object.keys(budgets)],
    async run(input) {
      // Requests come out in the order in which they went in: labels wait in a queue.
      const labels: EventLabel[] = [];
      let next = 0;
      const campaigns = new Map<string, Campaign>();
      const active = new Set<string>();
      const decisions = new Set<string>();
      const { collected } = await runOpenLoop({
        config,
        policies: withBudget(policies, input.operatingPoint),
        files: [asFile(input.events(), input.format, labels)],
        defaultHost: 'www.shop.example',
        edge,
        delayMs: input.delayMs,
        slots: edge.entries,
        warmUpMs: input.warmUpMs,
        logger,
        signal: input.signal,
        listener: {
          settled({ request }, _good, { outcome }) {
            input.settled(request.timestamp, labels[next]!, outcome);
            next++;
            if (next >= 50_000) {
              labels.splice(0, next);
              next = 0;
            }
            return undefined;
          },
          decision: ({ decision_id: id, mode }) => {
            if (mode === 'enforce') decisions.add(id);
          },
          campaign(campaign) {
            const { campaign_id: id } = campaign;
            const known = campaigns.get(id);
            if (known === undefined || known.revision < campaign.revision) campaigns.set(id, campaign);
            if (campaign.state === 'active') active.add(id);
          },
        },
      });
      const lost = collected.rejected + collected.late + collected.future;
      if (lost > 0)
        throw new Error(`${lost} generated requests were refused: ${collected.rejections[0]?.detail}`);
      return {
        campaigns: [...campaigns]
          .filter(([, { state }]) => state !== 'merged')
          .map(([id, campaign]) => describe(campaign, active.has(id)))
          .sort((a, b) => a.opened_at - b.opened_at || (a.scope < b.scope ? -1 : 1)),
        decisions: decisions.size,
      };
    },
  };
}
