import {
  GetIPSetCommand,
  GetRuleGroupCommand,
  type Rule,
  UpdateIPSetCommand,
  UpdateRuleGroupCommand,
  type VisibilityConfig,
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

/** One rule group, with what the last read said. */
export interface GroupState {
  readonly name: string;
  readonly id: string;
  lockToken: string | null;
  description: string | undefined;
  visibility: VisibilityConfig | undefined;
}

/** The calls that IP sets and rule groups need. All throw EdgeError. */
export interface AwsWafClient {
  /** The addresses of the set; remembers its lock token. */
  read(set: SetState, signal: AbortSignal): Promise<readonly string[]>;
  /** Replaces all addresses, under the lock token of the last read. */
  update(set: SetState, addresses: readonly string[], signal: AbortSignal): Promise<void>;
  /** The rules of the group and the units it was created with; remembers its lock token. */
  readGroup(
    group: GroupState,
    signal: AbortSignal,
  ): Promise<{ readonly rules: readonly Rule[]; readonly capacity: number }>;
  /** Replaces all rules, under the lock token of the last read. */
  updateGroup(group: GroupState, rules: readonly Rule[], signal: AbortSignal): Promise<void>;
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

function edgeError(error: unknown, where: string): EdgeError {
  const name = error instanceof Error ? error.name : '';
  const fault = faults[name] ?? 'unavailable';
  const message = error instanceof Error ? error.message : String(error);
  const retryAfterMs =
    error instanceof WAFV2ServiceException && error.$response?.headers?.['retry-after'] !== undefined
      ? Number(error.$response.headers['retry-after']) * 1000
      : Number.NaN;
  return new EdgeError(fault, `${where}: ${name} ${message}`.trim(), {
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
  const called = async <T>(where: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw error instanceof EdgeError ? error : edgeError(error, where);
    }
  };
  const setName = (set: SetState): string => `IP set ${set.name}`;
  const groupName = (group: GroupState): string => `rule group ${group.name}`;
  return {
    read: (set, signal) =>
      called(setName(set), async () => {
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
      }),
    update: (set, addresses, signal) =>
      called(setName(set), async () => {
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
      }),
    readGroup: (group, signal) =>
      called(groupName(group), async () => {
        const command = new GetRuleGroupCommand({ Name: group.name, Id: group.id, Scope: scope });
        const { RuleGroup: found, LockToken: token } = await client.send(command, { abortSignal: signal });
        if (found === undefined || token === undefined)
          throw new EdgeError('unavailable', `rule group ${group.name}: an answer without a group`);
        group.lockToken = token;
        group.description = found.Description;
        group.visibility = found.VisibilityConfig;
        return { rules: found.Rules ?? [], capacity: found.Capacity ?? 0 };
      }),
    updateGroup: (group, rules, signal) =>
      called(groupName(group), async () => {
        const command = new UpdateRuleGroupCommand({
          Name: group.name,
          Id: group.id,
          Scope: scope,
          Rules: [...rules],
          LockToken: group.lockToken ?? '',
          VisibilityConfig: group.visibility,
          ...(group.description === undefined ? {} : { Description: group.description }),
        });
        const { NextLockToken: token } = await client.send(command, { abortSignal: signal });
        group.lockToken = token ?? null;
      }),
    close: () => client.destroy(),
  };
}
