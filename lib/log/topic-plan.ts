import type { Log } from './log.ts';

/** What `topics apply` would do about one topic or schema subject. */
export interface TopicPlanRow {
  /** Name on the brokers, or `subject <name>`. */
  readonly topic: string;
  readonly action: 'create' | 'ok' | 'mismatch';
  readonly detail: string;
}

/** A log whose topics can be compared with the topics table and created. */
export interface ManagedLog extends Log {
  planTopics(): Promise<readonly TopicPlanRow[]>;
  /** Creates what is missing, registers schemas; changes and deletes nothing. Answers the plan it carried out. */
  applyTopics(): Promise<readonly TopicPlanRow[]>;
}
