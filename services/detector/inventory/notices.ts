import { stableId } from '../../../lib/ids.ts';
import type { Outgoing } from '../../../lib/log/log.ts';
import { hasOperation } from '../../../lib/path/operations.ts';
import { paneMs } from '../layout.ts';
import { documentOf, type InventorySettings, statusOfEntry } from './classify.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import { endpointId, noticeOut } from './records.ts';

const hourPanes = 3_600_000 / paneMs;
const levels = ['medium', 'low', 'informational'] as const;
type Level = (typeof levels)[number];

/** How many notices of each level the hour has had, and what had to go unsaid. */
export interface NoticeBudget {
  hour: number;
  readonly given: { [level in Level]: number };
  readonly unsaid: { [level in Level]: number };
}

export function createNoticeBudget(): NoticeBudget {
  return {
    hour: -1,
    given: { medium: 0, low: 0, informational: 0 },
    unsaid: { medium: 0, low: 0, informational: 0 },
  };
}

const writes: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const telling: ReadonlySet<string> = new Set(['login', 'payment', 'account']);

/** What changes something, or is about money, log-ins and accounts, comes first. */
function levelOf(entry: EndpointEntry): Level {
  if (writes.has(entry.method) || telling.has(entry.function)) return 'medium';
  return entry.function === 'other' || entry.function === 'search' ? 'informational' : 'low';
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/**
 * Says once of an endpoint that it answers without being documented, or that it is called though documented as on its
 * way out. Files are no endpoints of an API. Beyond the budget of the hour notices are counted and said in one.
 */
export function noticeEntry(
  settings: InventorySettings,
  site: string,
  budget: NoticeBudget,
  entry: EndpointEntry,
  pane: number,
): Outgoing[] {
  // what is said of an endpoint is said of its operations
  if (entry.noticed || entry.function === 'content' || hasOperation(entry.template)) return [];
  const status = statusOfEntry(settings, entry);
  if (status !== 'shadow' && status !== 'zombie') return [];
  entry.noticed = true;
  const outputs = turnHour(site, budget, pane);
  const level = levelOf(entry);
  if (budget.given[level] >= settings.config.notices_per_hour) {
    budget.unsaid[level]++;
    return outputs;
  }
  budget.given[level]++;
  const clients = entry.clients.count();
  const what = `${entry.method} ${entry.host}${entry.template}`;
  const volume = `${plural(entry.requests, 'request')} by ${plural(clients, 'client')} so far`;
  const documentation = documentOf(settings, entry)?.documentation;
  outputs.push(
    noticeOut({
      notice_id: stableId('endpoint-notice', site, status, entry.key),
      at: (pane + 1) * paneMs,
      site,
      kind: status === 'shadow' ? 'undocumented' : 'zombie',
      level,
      endpoint_id: endpointId(site, entry.key),
      host: entry.host,
      endpoint: `${entry.method} ${entry.template}`,
      function: entry.function,
      first_seen_at: entry.firstPane * paneMs,
      requests: entry.requests,
      clients,
      endpoints: 1,
      reason:
        status === 'shadow'
          ? `${what} answers and stands in no document: ${volume}.`
          : `${what} is documented as ${documentation === 'gone' ? 'taken down' : 'deprecated'} and still called: ${volume}, ${entry.succeeded} answered with success.`,
    }),
  );
  return outputs;
}

/** When the hour is over, one notice of each level says how many went unsaid. */
export function turnHour(site: string, budget: NoticeBudget, pane: number): Outgoing[] {
  const hour = Math.floor(pane / hourPanes);
  if (hour === budget.hour) return [];
  const outputs = sayUnsaid(site, budget, pane);
  budget.hour = hour;
  for (const level of levels) budget.given[level] = 0;
  return outputs;
}

/** What went unsaid in the hour so far. */
export function sayUnsaid(site: string, budget: NoticeBudget, pane: number): Outgoing[] {
  const outputs: Outgoing[] = [];
  for (const level of levels) {
    const endpoints = budget.unsaid[level];
    if (endpoints === 0) continue;
    budget.unsaid[level] = 0;
    outputs.push(
      noticeOut({
        notice_id: stableId('endpoint-notice', site, 'more', level, budget.hour),
        at: (pane + 1) * paneMs,
        site,
        kind: 'more',
        level,
        endpoint_id: null,
        host: '',
        endpoint: '',
        function: 'other',
        first_seen_at: budget.hour * hourPanes * paneMs,
        requests: 0,
        clients: 0,
        endpoints,
        reason: `${plural(endpoints, 'more endpoint')} that are undocumented or should be gone were met within the hour: tidegate inventory list.`,
      }),
    );
  }
  return outputs;
}
