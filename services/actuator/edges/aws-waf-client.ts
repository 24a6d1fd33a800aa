import {
  GetIPSetCommand,
  UpdateIPSetCommand,
  WAFV2Client,
  WAFV2ServiceException,
} from '@aws-sdk/client-wafv2';
import { EdgeError, type EdgeFault } from '../edge.ts';
import type { AwsWafConfig } from './aws-waf.ts';

/** One IP set, with what the last read said. */
export interface SetState {
  readonly kind: 'ip4' | 'ip6';
  readonly name: string;
  readonly id: string;
  lockToken: string | null;
  description: string | undefined;
}

/** The two calls an IP set needs. Both throw EdgeError. */
export interface AwsWafClient {
  /** The addresses of the set; remembers its lock token. */
  read(set: SetState, signal: AbortSignal): Promise<readonly string[]>;
  /** Replaces all addresses, under the lock token of the last read. */
  update(set: SetState, addresses: readonly string[], signal: AbortSignal): Promise<void>;
  close(): void;
}

const faults: { readonly [name: string]: EdgeFault } = {
  WAFOptimisticLockException: 'conflict',
  WAFNonexistentItemException: 'missing',
  WAFLimitsExceededException: 'full',
  WAFInvalidParameterException: 'invalid',
  WAFUnavailableEntityException: 'unavailable',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  AccessDeniedException: 'credential',
  UnrecognizedClientException: 'credential',
  InvalidSignatureException: 'credential',
  ExpiredTokenException: 'credential',
  CredentialsProviderError: 'credential',
};

function edgeError(error: unknown, set: SetState): EdgeError {
  const name = error instanceof Error ? error.name : '';
  const fault = faults[name] ?? 'unavailable';
  const message = error instanceof Error ? error.message : String(error);
  const retryAfterMs =
    error instanceof WAFV2ServiceException && error.$response?.headers?.['retry-after'] !== undefined
      ? Number(error.$response.headers['retry-after']) * 1000
      : Number.NaN;
  return new EdgeError(fault, `IP set ${set.name}: ${name} ${message}`.trim(), {
    cause: error,
    ...(Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}),
  });
}

export function openAwsWafClient(config: AwsWafConfig): AwsWafClient {
  const client = new WAFV2Client({
    region: config.region,
    maxAttempts: 1, // the loop retries, with its own back-off
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...(config.credentials === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: config.credentials.access_key_id,
            secretAccessKey: config.credentials.secret_access_key,
          },
        }),
  });
  const { scope } = config;
  return {
    async read(set, signal) {
      try {
        const command = new GetIPSetCommand({ Name: set.name, Id: set.id, Scope: scope });
        const { IPSet: found, LockToken: token } = await client.send(command, { abortSignal: signal });
        if (found === undefined || token === undefined)
          throw new EdgeError('unavailable', `IP set ${set.name}: an answer without a set`);
        const kind = found.IPAddressVersion === 'IPV6' ? 'ip6' : 'ip4';
        if (kind !== set.kind)
          throw new EdgeError('invalid', `IP set ${set.name} is ${found.IPAddressVersion}`);
        set.lockToken = token;
        set.description = found.Description;
        return found.Addresses ?? [];
      } catch (error) {
        throw error instanceof EdgeError ? error : edgeError(error, set);
      }
    },
    async update(set, addresses, signal) {
      try {
        const command = new UpdateIPSetCommand({
          Name: set.name,
          Id: set.id,
          Scope: scope,
          Addresses: [...addresses],
          LockToken: set.lockToken ?? '',
          // Left out, the description would be cleared.
          ...(set.description === undefined ? {} : { Description: set.description }),
        });
        const { NextLockToken: token } = await client.send(command, { abortSignal: signal });
        set.lockToken = token ?? null;
      } catch (error) {
        throw edgeError(error, set);
      }
    },
    close: () => client.destroy(),
  };
}
