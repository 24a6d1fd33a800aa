import type { GeneratedEvent } from './event.ts';

export const outputFormats = ['ndjson', 'combined', 'cdn'] as const;
export type OutputFormat = (typeof outputFormats)[number];

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pad = (value: number) => (value < 10 ? `0${value}` : String(value));

/** Log stamps repeat for a whole second: the last one is kept. */
let lastSecond = -1;
let lastStamp = '';

function combinedStamp(timestamp: number): string {
  const second = Math.floor(timestamp / 1000);
  if (second !== lastSecond) {
    const date = new Date(second * 1000);
    lastSecond = second;
    lastStamp = `${pad(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())} +0000`;
  }
  return lastStamp;
}

const protocol: { readonly [version: string]: string } = {
  '1.1': 'HTTP/1.1',
  '2': 'HTTP/2.0',
  '3': 'HTTP/3.0',
};

/** nginx's `combined`: what most people have, and all that most people have. */
function combinedLine(event: GeneratedEvent): string {
  const target = event.query === undefined ? event.path : `${event.path}?${event.query}`;
  return `${event.client_ip} - - [${combinedStamp(event.timestamp)}] "${event.method} ${target} ${protocol[event.http_version] ?? 'HTTP/1.1'}" ${event.status} ${event.response_bytes} "${event.referer ?? '-'}" "${event.user_agent ?? '-'}"`;
}

/** What a CDN logs: TLS fingerprints and headers, and nothing that says whose request it is, or what came of it. */
function cdnLine(event: GeneratedEvent): string {
  const {
    session_id,
    account_id,
    partner_id,
    api_key_id,
    end_user_ip,
    cookie_count,
    set_cookie_count,
    outcome,
    ...logged
  } = event;
  return JSON.stringify(logged);
}

const lines: { readonly [F in OutputFormat]: (event: GeneratedEvent) => string } = {
  ndjson: (event) => JSON.stringify(event),
  combined: combinedLine,
  cdn: cdnLine,
};

export function formatEvent(event: GeneratedEvent, format: OutputFormat): string {
  return lines[format](event);
}

/** How the collector calls the format. */
export function collectedAs(format: OutputFormat): 'ndjson' | 'combined' {
  return format === 'combined' ? format : 'ndjson';
}
