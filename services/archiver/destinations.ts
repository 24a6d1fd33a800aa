import type { Row } from '../../lib/clickhouse/clickhouse.ts';
import type { TopicName } from '../../lib/contracts/topics.ts';
import type { LogRecord } from '../../lib/log/log.ts';
import {
  campaignRow,
  commandRow,
  deadLetterRow,
  decisionRow,
  edgeActionRow,
  verdictRow,
} from './finding-rows.ts';

/** Topics whose records are revisions or repeats of one id: the table keeps the newest, so a repeat does no harm. */
export const findingTopics = [
  'verdicts',
  'campaigns',
  'decisions',
  'edge-actions',
  'commands',
  'dead-letters',
] as const satisfies readonly TopicName[];
export type FindingTopic = (typeof findingTopics)[number];

export const archivedTopics = ['requests.enriched', ...findingTopics] as const satisfies readonly TopicName[];
export type ArchivedTopic = (typeof archivedTopics)[number];

export const tables: { readonly [topic in ArchivedTopic]: string } = {
  'requests.enriched': 'requests',
  verdicts: 'verdict_revisions',
  campaigns: 'campaign_revisions',
  decisions: 'decision_revisions',
  'edge-actions': 'edge_action_log',
  commands: 'command_log',
  'dead-letters': 'dead_letter_log',
};

/** null: nothing to keep (clock records). */
export function findingRow(record: LogRecord<FindingTopic>): Row | null {
  switch (record.type) {
    case 'Verdict':
      return verdictRow(record.value);
    case 'Campaign':
      return campaignRow(record.value);
    case 'Decision':
      return decisionRow(record.value);
    case 'EdgeAction':
      return edgeActionRow(record.value);
    case 'Command':
      return commandRow(record.value);
    case 'DeadLetter':
      return deadLetterRow(record.value);
    case 'CampaignTick':
      return null;
  }
}
