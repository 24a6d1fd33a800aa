import type { ApiEndpoint, EndpointNotice } from '../../lib/contracts/generated.ts';
import type { TopicValue } from '../../lib/contracts/topics.ts';

/** The newest revision of every endpoint, from the records of the topic in any order. */
export interface SeenEndpoints {
  add(record: TopicValue<'endpoints'>): void;
  /** Those that stand for themselves, by host, path and method. */
  list(): readonly ApiEndpoint[];
  notices(): readonly EndpointNotice[];
}

const path = ({ endpoint }: ApiEndpoint): string => endpoint.slice(endpoint.indexOf(' ') + 1);

export function byPlace(a: ApiEndpoint, b: ApiEndpoint): number {
  const order = (x: string, y: string): number => (x < y ? -1 : x > y ? 1 : 0);
  return (
    order(a.site, b.site) || order(a.host, b.host) || order(path(a), path(b)) || order(a.endpoint, b.endpoint)
  );
}

export function createSeenEndpoints(): SeenEndpoints {
  const newest = new Map<string, ApiEndpoint>();
  const notices = new Map<string, EndpointNotice>();
  return {
    add(record) {
      if (record.type === 'EndpointNotice') notices.set(record.value.notice_id, record.value);
      if (record.type !== 'ApiEndpoint') return;
      const { value } = record;
      const known = newest.get(value.endpoint_id);
      if (known === undefined || known.revision < value.revision) newest.set(value.endpoint_id, value);
    },
    list: () => [...newest.values()].filter(({ status }) => status !== 'merged').sort(byPlace),
    notices: () => [...notices.values()].sort((a, b) => a.at - b.at || (a.notice_id < b.notice_id ? -1 : 1)),
  };
}
