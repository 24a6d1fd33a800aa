import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import kafkajs from 'kafkajs';
import type { Logger } from '../observability/logger.ts';
import type { LogConfig } from './config.ts';

type Token = Extract<LogConfig['sasl'], { mechanism: 'oauthbearer' }>['token'];

/** Seconds before its end at which a fetched token is replaced. */
const tokenMarginMs = 30_000;
const tokenTimeoutMs = 10_000;

/** Answers the bearer token for a new connection; a fetched one is reused until shortly before it ends. */
export function createTokenProvider(token: Token): () => Promise<{ readonly value: string }> {
  if (token.kind === 'static') return async () => ({ value: token.value });
  if (token.kind === 'file') return async () => ({ value: (await readFile(token.path, 'utf8')).trim() });
  let cached: { readonly value: string; readonly until: number } | null = null;
  return async () => {
    if (cached !== null && Date.now() < cached.until) return cached;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (token.scope !== undefined) form.set('scope', token.scope);
    const credentials = [token.client_id, token.client_secret].map(encodeURIComponent).join(':');
    const response = await fetch(token.token_url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        accept: 'application/json',
      },
      body: form,
      signal: AbortSignal.timeout(tokenTimeoutMs),
    });
    if (!response.ok) throw new Error(`${token.token_url} answered ${response.status}`);
    const body = (await response.json()) as { access_token?: unknown; expires_in?: unknown };
    if (typeof body.access_token !== 'string')
      throw new Error(`${token.token_url} answered without access_token`);
    const seconds = typeof body.expires_in === 'number' ? body.expires_in : 60;
    cached = { value: body.access_token, until: Date.now() + seconds * 1000 - tokenMarginMs };
    return cached;
  };
}

function saslOptions(sasl: LogConfig['sasl']): kafkajs.SASLOptions | undefined {
  switch (sasl.mechanism) {
    case 'none':
      return undefined;
    case 'oauthbearer':
      return { mechanism: 'oauthbearer', oauthBearerProvider: createTokenProvider(sasl.token) };
    default:
      return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };
  }
}

function tlsOptions(tls: LogConfig['tls']): ConnectionOptions | false {
  if (!tls.enabled) return false;
  return {
    ...(tls.ca_file === undefined ? {} : { ca: readFileSync(tls.ca_file) }),
    ...(tls.cert_file === undefined ? {} : { cert: readFileSync(tls.cert_file) }),
    ...(tls.key_file === undefined ? {} : { key: readFileSync(tls.key_file) }),
    ...(tls.server_name === undefined ? {} : { servername: tls.server_name }),
  };
}

/** kafkajs reports each join and each retry as info or error; people need only what did not heal. */
function logCreator(logger: Logger): kafkajs.logCreator {
  return () => (entry) => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = entry.log;
    const text = `kafka: ${message}`;
    if (entry.level === kafkajs.logLevel.ERROR) logger.warn(fields, text);
    else logger.debug(fields, text);
  };
}

export function createKafkaClient(config: LogConfig, logger: Logger): kafkajs.Kafka {
  const sasl = saslOptions(config.sasl);
  return new kafkajs.Kafka({
    clientId: config.client_id,
    brokers: [...config.brokers],
    ssl: tlsOptions(config.tls),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 5000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 10_000, retries: 8 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logCreator(logger),
  });
}
