import { request } from 'node:http';
import type { TrafficEvent } from './traffic.ts';

export interface NginxAnswer {
  readonly status: number;
  /** The decision that stopped it, as a block page would show it. */
  readonly reference: string | null;
}

/** Sends the request that the event tells of, from its client's address as far as nginx can see. */
export function requestAs(port: number, event: TrafficEvent): Promise<NginxAnswer> {
  const headers: Record<string, string> = { 'x-forwarded-for': event.client_ip };
  const header = (name: string, value: unknown): void => {
    if (typeof value === 'string') headers[name] = value;
  };
  header('user-agent', event['user_agent']);
  header('accept-language', event['accept_language']);
  header('referer', event['referer']);
  header('host', event['host']);
  if (Number(event['cookie_count'] ?? 0) > 0) headers['cookie'] = 'sid=1';
  const query = typeof event['query'] === 'string' ? `?${event['query']}` : '';
  const method = String(event['method']);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path: `${String(event['path'])}${query}`, headers, agent: false },
      (response) => {
        response.resume();
        const reference = response.headers['x-reference-id'];
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            reference: typeof reference === 'string' ? reference : null,
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
