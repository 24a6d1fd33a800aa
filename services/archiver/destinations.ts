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
  'endpoints',
  'edge-actions',
  'commands',
  'dead-letters',
] as const satisfies readonly TopicName[];
export type FindingTopic = (typeof findingTopics)[number];

export const archivedTopics = ['requests.enriched', ...findingTopics] as const satisfies readonly TopicName[];
export type ArchivedTopic = (typeof archivedTopics)[number];

/** The table of each topic; `endpoints` has two more, for the other records that stand on it. */
export const tables: { readonly [topic in ArchivedTopic]: string } = {
  'requests.enriched': 'requests',
  verdicts: 'verdict_revisions',
  campaigns: 'campaign_revisions',
  decisions: 'decision_revisions',
  endpoints: 'endpoint_revisions',
  'edge-actions': 'edge_action_log',
  commands: 'command_log',
  'dead-letters': 'dead_letter_log',
};

export interface Destination {
  readonly table: string;
  readonly row: Row;
}

/** Where a record is kept; null: nothing to keep (clock records). */
export function destinationOf(record: LogRecord<FindingTopic>): Destination | null {
  switch (record.type) {
    case 'Verdict':
      return { table: tables.verdicts, row: verdictRow(record.value) };
    case 'Campaign':
      return { table: tables.campaigns, row: campaignRow(record.value) };
    case 'Decision':
      return { table: tables.decisions, row: decisionRow(record.value) };
    case 'ApiEndpoint':
      return { table: tables.endpoints, row: { ...record.value } };
    case 'EndpointAlias':
      return { table: 'endpoint_alias_log', row: { ...record.value } };
    case 'EndpointNotice':
      return { table: 'endpoint_notice_log', row: { ...record.value } };
    case 'EdgeAction':
      return { table: tables['edge-actions'], row: edgeActionRow(record.value) };
    case 'Command':
      return { table: tables.commands, row: commandRow(record.value) };
    case 'DeadLetter':
      return { table: tables['dead-letters'], row: deadLetterRow(record.value) };
    case 'CampaignTick':
      return null;
  }
}
